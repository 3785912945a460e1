import { CsvError, parse } from 'csv-parse/sync';
import { MAX_OUTPUTS } from '../../contract/words.ts';
import type { Budget } from '../budget.ts';
import type { Report } from '../report.ts';
import type { TextSource } from '../source.ts';
import { suggestion } from '../suggest.ts';
import type { Field, ListTree, MapTree, Place, ScalarTree, Tree } from '../tree.ts';
import { reportDuplicate } from './json.ts';

/** What the cells of a column become. An empty cell is a field that is not there. */
const COLUMNS: Readonly<Record<string, (cell: Cell) => Tree>> = {
  key: trimmed,
  prompt: scalar,
  aspectRatio: trimmed,
  imageSize: trimmed,
  count: wholeNumber,
  references: namesBySemicolon,
};
const METADATA = 'metadata.';

interface Cell extends Place {
  text: string;
}

interface Row {
  place: Place;
  cells: Cell[];
}

/**
 * RFC 4180 with a header, commas, and any line end. Of a file with too many rows just one too many is read, which is what
 * the rule about outputs needs.
 */
export function readCsv(source: TextSource, report: Report, budget: Budget): ListTree | undefined {
  const [header, ...rows] = readRows(source, report) ?? [];
  if (header === undefined || !isHeaderSound(header, report)) return undefined;
  const names = header.cells.map(({ text }) => text.trim());
  const items = rows
    .filter((row) => isComplete(row, names, report))
    .filter(({ cells }) => cells.every((cell) => budget.node(cell, 0) && budget.text(cell, cell.text)))
    .map((row) => itemOf(row, names));
  // Where every row is malformed, "no items" would only repeat it.
  return items.length === 0 && rows.length > 0 ? undefined : { source, offset: 0, kind: 'list', items };
}

function readRows(source: TextSource, report: Report): Row[] | undefined {
  try {
    const records = parse(source.text, {
      info: true,
      raw: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      to: MAX_OUTPUTS + 2,
    }) as unknown as { record: string[]; raw: string }[];
    return withPlaces(source, records);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines = typeof error.lines === 'number' ? error.lines : 1;
    report.add(
      { source, offset: offsetOfLine(source.text, lines) },
      {
        code: 'syntax',
        message: `${error.message}.`,
        fix: 'Put a text with quotes in quotes and double those in it: "a ""b"" c".',
      },
    );
    return undefined;
  }
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let n = 1; n < line; n += 1) offset = text.indexOf('\n', offset) + 1;
  return offset;
}

/** csv-parse gives the raw text of each record in order, so that its offset is the next place where that text stands. */
function withPlaces(source: TextSource, records: readonly { record: string[]; raw: string }[]): Row[] {
  let cursor = 0;
  return records.map(({ record, raw }) => {
    const offset = source.text.indexOf(raw, cursor);
    cursor = offset + raw.length;
    const starts = cellStarts(raw);
    const cells = record.map((text, n) => ({ source, offset: offset + (starts[n] ?? 0), text }));
    return { place: { source, offset: offset + (starts[0] ?? 0) }, cells };
  });
}

/** Where each cell of a record begins; a comma counts outside quotes only (a doubled quote closes and opens again). */
function cellStarts(raw: string): number[] {
  const first = raw.search(/[^\r\n]/);
  const starts = [Math.max(first, 0)];
  let quoted = false;
  for (let at = 0; at < raw.length; at += 1) {
    if (raw[at] === '"') quoted = !quoted;
    else if (raw[at] === ',' && !quoted) starts.push(at + 1);
  }
  return starts;
}

function isHeaderSound({ cells }: Row, report: Report): boolean {
  const names = cells.map(({ text }) => text.trim());
  for (const [n, cell] of cells.entries()) {
    const name = names[n] ?? '';
    if (!isColumn(name)) reportColumn(cell, name, report);
    else if (names.indexOf(name) < n) reportDuplicate(cell, name, report);
  }
  return names.every(isColumn) && new Set(names).size === names.length;
}

function isColumn(name: string): boolean {
  return Object.hasOwn(COLUMNS, name) || (name.startsWith(METADATA) && name.length > METADATA.length);
}

function reportColumn(cell: Cell, name: string, report: Report): void {
  const all = [...Object.keys(COLUMNS), `${METADATA}…`];
  const fix = /[;\t]/.test(name)
    ? 'Separate the columns by commas.'
    : (suggestion(name, all) ?? `The columns are ${all.join(', ')}.`);
  report.add(cell, { code: 'unknown-field', message: `There is no column "${name}".`, fix });
}

function isComplete({ place, cells }: Row, names: readonly string[], report: Report): boolean {
  if (cells.length === names.length) return true;
  report.add(place, {
    code: 'syntax',
    message: `This row has ${cells.length} cells, the header ${names.length}.`,
    fix: 'A text with a comma or a line end in it needs quotes around it.',
  });
  return false;
}

function itemOf({ place, cells }: Row, names: readonly string[]): MapTree {
  const fields = new Map<string, Field>();
  const metadata = new Map<string, Field>();
  for (const [n, cell] of cells.entries()) {
    const name = names[n] ?? '';
    if (cell.text.trim() === '') continue;
    const { source, offset } = cell;
    if (name.startsWith(METADATA)) {
      metadata.set(name.slice(METADATA.length), { source, offset, value: scalar(cell) });
    } else {
      fields.set(name, { source, offset, value: COLUMNS[name]?.(cell) ?? scalar(cell) });
    }
  }
  if (metadata.size > 0) {
    fields.set('metadata', { ...place, value: { ...place, kind: 'map', fields: metadata } });
  }
  return { ...place, kind: 'map', fields };
}

function scalar({ source, offset, text }: Cell): ScalarTree {
  return { source, offset, kind: 'scalar', value: text };
}

function trimmed(cell: Cell): ScalarTree {
  return scalar({ ...cell, text: cell.text.trim() });
}

/** What is no whole number stays text, which the schema then refuses with the text itself. */
function wholeNumber(cell: Cell): ScalarTree {
  const text = cell.text.trim();
  return /^\d{1,9}$/.test(text) ? { ...trimmed(cell), value: Number(text) } : trimmed(cell);
}

function namesBySemicolon(cell: Cell): ListTree {
  const { source, offset } = cell;
  const names = cell.text.split(';').map((name) => name.trim());
  const items = names.filter((name) => name !== '').map((text) => scalar({ ...cell, text }));
  return { source, offset, kind: 'list', items };
}
