import { CsvError, parse } from 'csv-parse/sync';
import { MAX_OUTPUTS } from '../../contract/words.ts';
import type { Budget } from '../budget.ts';
import { MAX_NODES } from '../limits.ts';
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
/** That are read: the header, and one more than can be. */
const MAX_ROWS = MAX_OUTPUTS + 2;

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
  if (!hasFewCells(source, report)) return undefined;
  const [header, ...rows] = readRows(source, report) ?? [];
  if (header === undefined || !isHeaderSound(header, report)) return undefined;
  const names = header.cells.map(({ text }) => text.trim());
  const items = rows
    .filter((row) => isComplete(row, names, report))
    .filter(({ cells }) => cells.every((cell) => budget.node(cell, 0) && budget.text(cell, cell.text)))
    .map((row) => buildItem(row, names));
  // Where every row is malformed, "no items" would only repeat it.
  return items.length === 0 && rows.length > 0 ? undefined : { source, offset: 0, kind: 'list', items };
}

/** A comma or line end counts outside quotes only, and a line end only behind something. */
const MARKS = /[",]|(?<=[^\r\n])[\r\n]/g;

/** Of the rows that are read, before their cells are made: 32 MiB of commas would be 2 GB of them. */
function hasFewCells(source: TextSource, report: Report): boolean {
  let cells = 1;
  let rows = 0;
  let quoted = false;
  for (const [mark] of source.text.matchAll(MARKS)) {
    if (mark === '"') quoted = !quoted;
    if (mark === '"' || quoted) continue;
    cells += 1;
    if (mark !== ',') rows += 1;
    if (rows > MAX_ROWS) return true;
    if (cells <= MAX_NODES) continue;
    const message = `More than ${MAX_NODES.toLocaleString('en')} cells.`;
    report.add({ source, offset: 0 }, { code: 'too-large', message, fix: 'Fewer columns, or two batches.' });
    return false;
  }
  return true;
}

function readRows(source: TextSource, report: Report): Row[] | undefined {
  try {
    const records = parse(source.text, {
      info: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      to: MAX_ROWS,
    }) as unknown as ParsedRecord[];
    return withPlaces(source, records);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines = typeof error.lines === 'number' ? error.lines : 1;
    report.add(
      { source, offset: source.findStart(lines) },
      {
        code: 'syntax',
        message: `${error.message}.`,
        fix: 'Put a text with quotes in quotes and double those in it: "a ""b"" c".',
      },
    );
    return undefined;
  }
}

/** `bytes`: in UTF-8, up to the end of the record and its line end; csv-parse's `raw` leaves out what it skips. */
interface ParsedRecord {
  record: string[];
  info: { bytes: number };
}

function withPlaces(source: TextSource, records: readonly ParsedRecord[]): Row[] {
  const bytes = Buffer.from(source.text);
  let read = 0;
  let offset = 0;
  return records.map(({ record, info }) => {
    const written = bytes.toString('utf8', read, info.bytes);
    const starts = cellStarts(written);
    const placeOfCell = (cell: number) => ({ source, offset: offset + (starts[cell] ?? 0) });
    const row = { place: placeOfCell(0), cells: record.map((text, n) => ({ ...placeOfCell(n), text })) };
    read = info.bytes;
    offset += written.length;
    return row;
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
  const seen = new Set<string>();
  for (const [n, cell] of cells.entries()) {
    const name = names[n] ?? '';
    if (!isColumn(name)) reportColumn(cell, name, report);
    else if (seen.has(name)) reportDuplicate(cell, name, report);
    seen.add(name);
  }
  return names.every(isColumn) && seen.size === names.length;
}

function isColumn(name: string): boolean {
  return Object.hasOwn(COLUMNS, name) || (name.startsWith(METADATA) && name.length > METADATA.length);
}

function reportColumn(cell: Cell, name: string, report: Report): void {
  report.add(cell, () => {
    const all = [...Object.keys(COLUMNS), `${METADATA}…`];
    const fix = /[;\t]/.test(name)
      ? 'Separate the columns by commas.'
      : (suggestion(name, all) ?? `The columns are ${all.join(', ')}.`);
    return { code: 'unknown-field', message: `There is no column "${name}".`, fix };
  });
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

function buildItem({ place, cells }: Row, names: readonly string[]): MapTree {
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
