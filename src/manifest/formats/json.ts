import type { Budget } from '../budget.ts';
import type { Report } from '../report.ts';
import type { TextSource } from '../source.ts';
import type { Field, Place, ScalarTree, Tree } from '../tree.ts';

/**
 * JSON with places, by RFC 8259 and nothing more. Of our own because `JSON.parse` names no line, drops the first of two
 * equal fields without a word, and has no limit on depth, and because a YAML parser, which knows places, also takes what
 * is no JSON.
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

/** The one value between two offsets of a text; undefined, and reported, where it is not one. */
export function readJsonRange(
  source: TextSource,
  { from, to }: Range,
  report: Report,
  budget: Budget,
): Tree | undefined {
  const { text } = source;
  let offset = from;

  const here = (): Place => ({ source, offset });

  const expected = (what: string): undefined => {
    const found =
      offset >= to ? 'the end' : JSON.stringify(String.fromCodePoint(text.codePointAt(offset) ?? 0));
    report.add(here(), { code: 'syntax', message: `Expected ${what}, found ${found}.` });
    return undefined;
  };

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = offset;
    const [match] = pattern.exec(text) ?? [];
    if (match === undefined || offset + match.length > to) return undefined;
    offset += match.length;
    return match;
  };

  /** Piece by piece: one pattern for all of a text uses stack for each character, and throws beyond some megabytes. */
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

  /** A line's end is blank too, but belongs to no line. */
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

  const scalar = (): ScalarTree | undefined => {
    const place = here();
    const written = takeString() ?? take(NUMBER) ?? take(WORD);
    if (written === undefined) {
      return expected(text[offset] === '"' ? 'a complete text in quotes' : 'a value');
    }
    const value: ScalarTree['value'] = JSON.parse(written);
    if (typeof value === 'string') {
      return budget.text(place, value) ? { ...place, kind: 'scalar', value } : undefined;
    }
    if (typeof value !== 'number' || Number.isFinite(value))
      return { ...place, kind: 'scalar', value, written };
    report.add(place, { code: 'wrong-value', message: `${written} is beyond what a number can be.` });
    return undefined;
  };

  const list = (place: Place, depth: number): Tree | undefined => {
    const items: Tree[] = [];
    if (skip(']')) return { ...place, kind: 'list', items };
    do {
      const item = value(depth + 1);
      if (item === undefined) return undefined;
      items.push(item);
    } while (skip(','));
    return skip(']') ? { ...place, kind: 'list', items } : expected('"," or "]"');
  };

  const map = (place: Place, depth: number): Tree | undefined => {
    const fields = new Map<string, Field>();
    if (skip('}')) return { ...place, kind: 'map', fields };
    do {
      const at = here();
      const quoted = takeString();
      if (quoted === undefined) return expected('a field name in double quotes');
      const name: string = JSON.parse(quoted);
      if (!budget.text(at, name)) return undefined;
      if (!skip(':')) return expected('":"');
      const content = value(depth + 1);
      if (content === undefined) return undefined;
      if (fields.has(name)) reportDuplicate(at, name, report);
      fields.set(name, { ...at, value: content });
    } while (skip(','));
    return skip('}') ? { ...place, kind: 'map', fields } : expected('"," or "}"');
  };

  const value = (depth: number): Tree | undefined => {
    const place = here();
    if (!budget.node(place, depth)) return undefined;
    if (skip('{')) return map(place, depth);
    if (skip('[')) return list(place, depth);
    return scalar();
  };

  skipBlank();
  const tree = value(0);
  if (tree === undefined) return undefined;
  skipBlank();
  return offset >= to ? tree : expected('nothing more');
}

export function reportDuplicate(place: Place, name: string, report: Report): void {
  report.add(place, {
    code: 'duplicate-field',
    message: `"${name}" stands here for the second time.`,
    fix: 'Keep one of them.',
  });
}
