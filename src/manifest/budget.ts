import { MAX_DEPTH, MAX_MANIFEST_BYTES, MAX_NODES } from './limits.ts';
import type { Report } from './report.ts';
import type { Place } from './tree.ts';

/** What reading one file may still take. Each method says whether to go on; it reports why not, once. */
export interface Budget {
  /** One more value, this deep. */
  node(place: Place, depth: number): boolean;
  /** One more text, whose characters must be whole and count as often as an alias repeats them. */
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
    node(place, depth) {
      nodes += 1;
      if (depth > MAX_DEPTH) return refuse(place, 'too-deep', `Nested deeper than ${MAX_DEPTH} levels.`);
      if (nodes <= MAX_NODES) return true;
      return refuse(place, 'too-large', `More than ${MAX_NODES.toLocaleString('en')} values.`);
    },
    text(place, text) {
      characters += text.length;
      if (characters > MAX_MANIFEST_BYTES) {
        return refuse(
          place,
          'too-large',
          'The texts are too long once aliases are replaced by what they stand for.',
        );
      }
      // A NUL or half a pair would be changed, or refused, on its way through JSON, UTF-8 and Google.
      if (!/[\0\p{Surrogate}]/u.test(text)) return true;
      return refuse(place, 'not-text', 'This text holds a NUL or half a surrogate pair.');
    },
  };
}
