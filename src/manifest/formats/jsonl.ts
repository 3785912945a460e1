import { MAX_OUTPUTS } from '../../contract/words.ts';
import type { Budget } from '../budget.ts';
import type { Report } from '../report.ts';
import type { TextSource } from '../source.ts';
import type { ListTree, Tree } from '../tree.ts';
import { type Range, readJsonRange } from './json.ts';

/**
 * Reads one item per line and skips blank lines. A malformed line is reported, and the other lines are still read. It
 * stops one line after the largest number of outputs, which is enough for the rule about outputs to report the file.
 */
export function readJsonl(source: TextSource, report: Report, budget: Budget): ListTree | undefined {
  const items: Tree[] = [];
  let lines = 0;
  for (const range of splitLines(source.text)) {
    if (source.text.slice(range.from, range.to).trim() === '') continue;
    const item = readJsonRange(source, range, report, budget);
    if (item !== undefined) items.push(item);
    lines += 1;
    if (lines > MAX_OUTPUTS) break;
  }
  // If every line is malformed, the problem "no items" would only repeat that.
  return items.length === 0 && lines > 0 ? undefined : { source, offset: 0, kind: 'list', items };
}

function* splitLines(text: string): Generator<Range> {
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const to = end === -1 ? text.length : end;
    yield { from, to };
    from = to + 1;
  }
}
