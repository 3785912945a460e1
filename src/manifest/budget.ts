import { MAX_DEPTH, MAX_MANIFEST_BYTES, MAX_NODES } from './limits.ts';
import type { Report } from './report.ts';
import type { Place } from './tree.ts';

/** Limits on what one file may contain. Each method returns false, and reports a problem, once a limit is passed. */
export interface Budget {
  /** Counts one more value at this depth, or several. */
  node(place: Place, depth: number, count?: number): boolean;
  /** Checks one more text. Its characters count once for each alias that repeats it. */
  text(place: Place, text: string): boolean;
}

export function createBudget(report: Report): Budget {
  let nodes = 0;
  let characters = 0;

  const refuse = (place: Place, code: 'too-large' | 'too-deep' | 'not-text', message: string): boolean => {
    report.add(place, { code, message });
    return false;
  };

  return {
    node(place, depth, count = 1) {
      nodes += count;
      if (depth > MAX_DEPTH)
        return refuse(place, 'too-deep', `The file is nested deeper than ${MAX_DEPTH} levels.`);
      if (nodes <= MAX_NODES) return true;
      return refuse(place, 'too-large', `The file has more than ${MAX_NODES.toLocaleString('en')} values.`);
    },
    text(place, text) {
      characters += text.length;
      if (characters > MAX_MANIFEST_BYTES) {
        return refuse(
          place,
          'too-large',
          'The texts are too long once each alias is replaced by the value of its anchor.',
        );
      }
      // JSON, UTF-8 or Google would change or refuse a NUL and an unpaired surrogate.
      if (!/[\0\p{Surrogate}]/u.test(text)) return true;
      return refuse(place, 'not-text', 'This text contains a NUL character or an unpaired surrogate.');
    },
  };
}
