import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBudget } from '../../../src/manifest/budget.ts';
import { readJson } from '../../../src/manifest/formats/json.ts';
import { createReports } from '../../../src/manifest/report.ts';
import { createTextSource } from '../../../src/manifest/source.ts';
import { find, toValue } from '../../../src/manifest/tree.ts';
import { property } from '../../support/property.ts';
import { samples } from '../../support/samples.ts';

function read(text: string) {
  const report = createReports().problems;
  const tree = readJson(createTextSource('a.json', text), report, createBudget(report));
  return { tree, problems: report.problems() };
}

const wellFormed = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0'));
const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.constantFrom(null, true, false),
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    wellFormed,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(wellFormed, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

describe('readJson', () => {
  property([json, fc.constantFrom(0, 2, '\t')])('returns the same value as JSON.parse', (value, space) => {
    const text = JSON.stringify(value, null, space);
    const { tree, problems } = read(text);
    expect(problems).toEqual([]);
    expect(tree && toValue(tree)).toEqual(JSON.parse(text));
  });

  const damaged = fc
    .tuple(json, fc.nat(), fc.constantFrom('', ',', '"', '}', ']', '\\', '0', '\n', "'", '-', 'e'))
    .map(([value, at, piece]) => {
      const text = JSON.stringify(value);
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + piece + text.slice(cut + 1);
    });
  property([damaged], samples(200, 1000))('refuses a text exactly if JSON.parse refuses it', (text) => {
    const { tree, problems } = read(text);
    if (problems.some(({ code }) => code === 'syntax')) expect(() => JSON.parse(text)).toThrow(SyntaxError);
    // Our own further problems: two equal fields, numbers beyond a double, unpaired surrogates.
    if (problems.length === 0) expect(tree && toValue(tree)).toEqual(JSON.parse(text));
  });

  it('keeps the offset of each value', () => {
    const text = '{ "a": [1, {"b": "ü"}] }';
    const { tree } = read(text);
    const found = tree && find(tree, ['a', 1, 'b']);
    expect(found?.offset).toBe(text.indexOf('"ü"'));
  });

  it('keeps a field named __proto__ as a field', () => {
    const { tree } = read('{"__proto__": {"x": 1}}');
    const value = tree && toValue(tree);
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect((value as { x?: number }).x).toBeUndefined();
  });

  it.each([
    ['{"a":1,"a":2}', 'duplicate-field', 8],
    ['{"a":1,}', 'syntax', 8],
    ["{'a':1}", 'syntax', 2],
    ['[1] 2', 'syntax', 5],
    ['1e999', 'wrong-value', 1],
    ['"\\ud800"', 'not-text', 1],
    ['"\\u0000"', 'not-text', 1],
    ['"a', 'syntax', 1],
    ['', 'syntax', 1],
  ])('reports %s as %s in column %i', (text, code, column) => {
    expect(read(text).problems).toMatchObject([{ line: 1, column, code }]);
  });
});
