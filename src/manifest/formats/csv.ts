import { CsvError, parse } from 'csv-parse/sync';
import { MAX_OUTPUTS } from '../../contract/words.ts';
import type { Budget } from '../budget.ts';
import { MAX_NODES } from '../limits.ts';
import type { Report } from '../report.ts';
import type { TextSource } from '../source.ts';
import { suggestName } from '../suggest.ts';
import type { Field, ListTree, MapTree, Place, ScalarTree, Tree } from '../tree.ts';
import { reportDuplicate } from './json.ts';

/** How the cells of each column are read. An empty cell means the field is absent. */
const COLUMNS: Readonly<Record<string, (cell: Cell) => Tree>> = {
  key: toTrimmedScalar,
  prompt: toScalar,
  aspectRatio: toTrimmedScalar,
  imageSize: toTrimmedScalar,
  count: toWholeNumber,
  references: splitNames,
};
const METADATA = 'metadata.';
/** Rows that are read: the header, the largest number of items, and one more to see that there are too many. */
const MAX_ROWS = MAX_OUTPUTS + 2;

interface Cell extends Place {
  text: string;
}

interface Row {
  place: Place;
  cells: Cell[];
}

/**
 * Reads CSV by RFC 4180 with a header, commas and any line end. It stops one row after the largest number of outputs,
 * which is enough for the rule about outputs to report the file.
 */
export function readCsv(source: TextSource, report: Report, budget: Budget): ListTree | undefined {
  if (!isWithinCellLimit(source, report)) return undefined;
  const [header, ...rows] = readRows(source, report) ?? [];
  if (header === undefined || !isHeaderValid(header, report)) return undefined;
  const names = header.cells.map(({ text }) => text.trim());
  const items = rows
    .filter((row) => hasAllCells(row, names, report))
    .filter((row) => isWithinBudget(row, names, budget))
    .map((row) => buildItem(row, names));
  // If every row is malformed, the problem "no items" would only repeat that.
  return items.length === 0 && rows.length > 0 ? undefined : { source, offset: 0, kind: 'list', items };
}

/** Quotes, commas, and line ends that follow a character of the same line (an empty line has no cells). */
const SEPARATORS = /[",]|(?<=[^\r\n])[\r\n]/g;

/** Counts the cells before the parser makes them: 32 MiB of commas would take 2 GB of memory. */
function isWithinCellLimit(source: TextSource, report: Report): boolean {
  let cells = 1;
  let rows = 0;
  let quoted = false;
  for (const [separator] of source.text.matchAll(SEPARATORS)) {
    if (separator === '"') quoted = !quoted;
    if (separator === '"' || quoted) continue;
    cells += 1;
    if (separator !== ',') rows += 1;
    if (rows > MAX_ROWS) return true;
    if (cells <= MAX_NODES) continue;
    const message = `The file has more than ${MAX_NODES.toLocaleString('en')} cells.`;
    report.add(
      { source, offset: 0 },
      { code: 'too-large', message, fix: 'Use fewer columns, or split the file into two batches.' },
    );
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
    return locateRows(source, records);
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines = typeof error.lines === 'number' ? error.lines : 1;
    report.add(
      { source, offset: source.findStart(lines) },
      {
        code: 'syntax',
        message: `${error.message}.`,
        fix: 'Put a text that contains quotes in quotes, and double the inner ones: "a ""b"" c".',
      },
    );
    return undefined;
  }
}

/** `bytes` counts UTF-8 up to the end of the record with its line end. csv-parse's `raw` omits the lines it skips. */
interface ParsedRecord {
  record: string[];
  info: { bytes: number };
}

function locateRows(source: TextSource, records: readonly ParsedRecord[]): Row[] {
  const bytes = Buffer.from(source.text);
  let read = 0;
  let offset = 0;
  return records.map(({ record, info }) => {
    const written = bytes.toString('utf8', read, info.bytes);
    const starts = findCellStarts(written);
    const locateCell = (cell: number) => ({ source, offset: offset + (starts[cell] ?? 0) });
    const row = { place: locateCell(0), cells: record.map((text, n) => ({ ...locateCell(n), text })) };
    read = info.bytes;
    offset += written.length;
    return row;
  });
}

/** The offset of each cell in a record. Commas inside quotes do not count; a doubled quote closes and opens again. */
function findCellStarts(raw: string): number[] {
  const first = raw.search(/[^\r\n]/);
  const starts = [Math.max(first, 0)];
  let quoted = false;
  for (let at = 0; at < raw.length; at += 1) {
    if (raw[at] === '"') quoted = !quoted;
    else if (raw[at] === ',' && !quoted) starts.push(at + 1);
  }
  return starts;
}

function isHeaderValid({ cells }: Row, report: Report): boolean {
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
  report.add(cell, (findNearest) => {
    const all = [...Object.keys(COLUMNS), `${METADATA}…`];
    const fix = /[;\t]/.test(name)
      ? 'Separate the columns with commas.'
      : (suggestName(name, all, findNearest) ?? `The columns are ${all.join(', ')}.`);
    return { code: 'unknown-field', message: `"${name}" is not a known column.`, fix };
  });
}

function hasAllCells({ place, cells }: Row, names: readonly string[], report: Report): boolean {
  if (cells.length === names.length) return true;
  report.add(place, {
    code: 'syntax',
    message: `This row has ${cells.length} cells, but the header has ${names.length}.`,
    fix: 'Put quotes around a text that contains a comma or a line end.',
  });
  return false;
}

function isWithinBudget({ cells }: Row, names: readonly string[], budget: Budget): boolean {
  return cells.every((cell, n) => {
    const values = names[n] === 'references' ? 1 + countSemicolons(cell.text) : 1;
    return budget.node(cell, 0, values) && budget.text(cell, cell.text);
  });
}

/** Counts before the cell is split: 32 MiB of semicolons would take 2 GB of memory. */
function countSemicolons(text: string): number {
  let count = 0;
  for (let at = text.indexOf(';'); at !== -1; at = text.indexOf(';', at + 1)) count += 1;
  return count;
}

function buildItem({ place, cells }: Row, names: readonly string[]): MapTree {
  const fields = new Map<string, Field>();
  const metadata = new Map<string, Field>();
  for (const [n, cell] of cells.entries()) {
    const name = names[n] ?? '';
    if (cell.text.trim() === '') continue;
    const { source, offset } = cell;
    if (name.startsWith(METADATA)) {
      metadata.set(name.slice(METADATA.length), { source, offset, value: toScalar(cell) });
    } else {
      fields.set(name, { source, offset, value: COLUMNS[name]?.(cell) ?? toScalar(cell) });
    }
  }
  if (metadata.size > 0) {
    fields.set('metadata', { ...place, value: { ...place, kind: 'map', fields: metadata } });
  }
  return { ...place, kind: 'map', fields };
}

function toScalar({ source, offset, text }: Cell): ScalarTree {
  return { source, offset, kind: 'scalar', value: text };
}

function toTrimmedScalar(cell: Cell): ScalarTree {
  return toScalar({ ...cell, text: cell.text.trim() });
}

/** A cell that is not a whole number stays text, so that the schema's message can quote it. */
function toWholeNumber(cell: Cell): ScalarTree {
  const text = cell.text.trim();
  return /^\d{1,9}$/.test(text) ? { ...toTrimmedScalar(cell), value: Number(text) } : toTrimmedScalar(cell);
}

function splitNames(cell: Cell): ListTree {
  const { source, offset } = cell;
  const names = cell.text.split(';').map((name) => name.trim());
  const items = names.filter((name) => name !== '').map((text) => toScalar({ ...cell, text }));
  return { source, offset, kind: 'list', items };
}
