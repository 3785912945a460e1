import type { Budget } from '../budget.ts';
import type { Report } from '../report.ts';
import type { TextSource } from '../source.ts';
import type { Field, Place, ScalarTree, Tree } from '../tree.ts';

/**
 * Reads strict JSON (RFC 8259) with the place of each value. A parser of our own, because `JSON.parse` reports no line,
 * silently drops the first of two equal fields and has no depth limit, and a YAML parser, which does report places,
 * accepts text that is not JSON.
 */
export function readJson(source: TextSource, report: Report, budget: Budget): Tree | undefined {
  return readJsonRange(source, { from: 0, to: source.text.length }, report, budget);
}

export interface Range {
  from: number;
  to: number;
}

const BLANK = /[ \t\r\n]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/** Reads the one value between two offsets; undefined, with a problem reported, if the text is not valid. */
export function readJsonRange(
  source: TextSource,
  { from, to }: Range,
  report: Report,
  budget: Budget,
): Tree | undefined {
  const { text } = source;
  let offset = from;

  const currentPlace = (): Place => ({ source, offset });

  const reportExpected = (what: string): undefined => {
    const found =
      offset >= to
        ? 'the end of the text'
        : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
    report.add(currentPlace(), { code: 'syntax', message: `Expected ${what}, found ${found}.` });
    return undefined;
  };

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const [match] = pattern.exec(text) ?? [];
    if (match === undefined || offset + match.length > to) return undefined;
    offset += match.length;
    return match;
  };

  /** Matches a string in pieces: a single pattern uses stack for each character and throws after some megabytes. */
  const takeString = (): string | undefined => {
    if (text[offset] !== '"') return undefined;
    let at = offset + 1;
    for (;;) {
      PLAIN.lastIndex = at;
      PLAIN.test(text);
      ESCAPE.lastIndex = PLAIN.lastIndex;
      if (!ESCAPE.test(text)) break;
      at = ESCAPE.lastIndex;
    }
    const end = PLAIN.lastIndex + 1;
    if (text[end - 1] !== '"' || end > to) return undefined;
    const quoted = text.slice(offset, end);
    offset = end;
    return quoted;
  };

  /** Skips white space, but not beyond the range: in JSONL the line feed after a line is outside it. */
  const skipBlank = (): void => {
    BLANK.lastIndex = offset;
    BLANK.test(text);
    offset = Math.min(BLANK.lastIndex, to);
  };

  const skip = (character: string): boolean => {
    skipBlank();
    if (offset >= to || text[offset] !== character) return false;
    offset += 1;
    skipBlank();
    return true;
  };

  const readScalar = (): ScalarTree | undefined => {
    const place = currentPlace();
    const written = takeString() ?? take(NUMBER) ?? take(WORD);
    if (written === undefined) {
      return reportExpected(text[offset] === '"' ? 'a complete string in double quotes' : 'a value');
    }
    const value: ScalarTree['value'] = JSON.parse(written);
    if (typeof value === 'string') {
      return budget.text(place, value) ? { ...place, kind: 'scalar', value } : undefined;
    }
    if (typeof value !== 'number' || Number.isFinite(value))
      return { ...place, kind: 'scalar', value, written };
    report.add(place, { code: 'wrong-value', message: `${written} is too large for a number.` });
    return undefined;
  };

  const readList = (place: Place, depth: number): Tree | undefined => {
    const items: Tree[] = [];
    if (skip(']')) return { ...place, kind: 'list', items };
    do {
      const item = readValue(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    } while (skip(','));
    return skip(']') ? { ...place, kind: 'list', items } : reportExpected('"," or "]"');
  };

  const readMap = (place: Place, depth: number): Tree | undefined => {
    const fields = new Map<string, Field>();
    if (skip('}')) return { ...place, kind: 'map', fields };
    do {
      const at = currentPlace();
      const quoted = takeString();
      if (quoted === undefined) return reportExpected('a field name in double quotes');
      const name: string = JSON.parse(quoted);
      if (!budget.text(at, name)) return undefined;
      if (!skip(':')) return reportExpected('":"');
      const content = readValue(depth + 1);
      if (content === undefined) return undefined;
      if (fields.has(name)) reportDuplicate(at, name, report);
      fields.set(name, { ...at, value: content });
    } while (skip(','));
    return skip('}') ? { ...place, kind: 'map', fields } : reportExpected('"," or "}"');
  };

  const readValue = (depth: number): Tree | undefined => {
    const place = currentPlace();
    if (!budget.node(place, depth)) return undefined;
    if (skip('{')) return readMap(place, depth);
    if (skip('[')) return readList(place, depth);
    return readScalar();
  };

  skipBlank();
  const tree = readValue(0);
  if (tree === undefined) return undefined;
  skipBlank();
  return offset >= to ? tree : reportExpected('the end of the text');
}

export function reportDuplicate(place: Place, name: string, report: Report): void {
  report.add(place, {
    code: 'duplicate-field',
    message: `"${name}" is given twice.`,
    fix: 'Keep one of them.',
  });
}
