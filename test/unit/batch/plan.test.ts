import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternateStem } from '../../../src/batch/file-name.ts';
import { outputId, parseOutputId, planOutputs } from '../../../src/batch/plan.ts';
import { property } from '../../support/property.ts';
import { item, manifest } from './builders.ts';

const planStems = (...keys: string[]) =>
  planOutputs(manifest(keys.map((key) => item(key)))).map((planned) => planned.fileStem);

describe('a plan', () => {
  it('has one output for each image, in the order of the manifest', () => {
    const plan = planOutputs(manifest([item('hero', { count: 2 }), item('flat.lay')]));
    expect(plan).toEqual([
      { output: 'hero#1', key: 'hero', n: 1, item: 0, fileStem: 'hero~1' },
      { output: 'hero#2', key: 'hero', n: 2, item: 0, fileStem: 'hero~2' },
      { output: 'flat.lay#1', key: 'flat.lay', n: 1, item: 1, fileStem: 'flat.lay' },
    ]);
  });

  it('names alternates after their output', () => {
    expect(alternateStem('hero~2', 1)).toBe('hero~2~alt1');
  });

  it('keeps a key of 100 ASCII characters unchanged', () => {
    const key = 'k'.repeat(100);
    expect(planStems(key)).toEqual([key]);
  });

  it('shortens keys with too many bytes and keeps them different', () => {
    const long = '図'.repeat(99);
    const [one, other] = planStems(`${long}甲`, `${long}乙`);
    expect(one).toMatch(/^図{30,}~x[0-9a-f]{16}$/u);
    expect(other).not.toBe(one);
  });

  it('gives a key the same name whatever the other keys are', () => {
    const long = '図'.repeat(100);
    expect(planStems('a', long)[1]).toBe(planStems(long)[0]);
  });

  it.each([
    ['the same key in another normal form', 'caf\u00e9', 'cafe\u0301'],
    ['another case', 'Hero', 'hERO'],
    ['a final sigma, which Windows and macOS take for the other', 'λόγος', 'λόγοσ'],
    ['a long s', 'Wachſtube', 'wachstube'],
    ['a sharp s', 'straße', 'STRASSE'],
    ['a letter that is not drawn', 'hero', 'he\u3164ro'],
  ])('gives different names to keys that a file system treats as equal: %s', (_, one, other) => {
    const [first, second] = planStems(one, other);
    expect(first).toBe(one.normalize('NFC'));
    expect(second).toMatch(/~x[0-9a-f]{16}$/);
  });

  it.each(['../up', '/etc/passwd', '..', '.', '', 'a\\b', 'C:x', 'con', 'NUL.tar', 'a\0b', 'a~2', '\ud800'])(
    'makes no path from the key %j',
    (key) => {
      const [stem] = planStems(key);
      expect(stem).toMatch(/^(?!\.)[\p{L}\p{N}._-]*~x[0-9a-f]{16}$/u);
    },
  );

  const anyKey = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 100 }),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.string({
      unit: fc.constantFrom('a', 'A', 'ß', 's', 'ſ', 'é', 'e', '\u0301', '图', '😀', '.', '/'),
      maxLength: 100,
    }),
    fc.string({ unit: fc.constantFrom('图', '😀'), minLength: 80, maxLength: 100 }),
    fc.constantFrom('CON', 'a~1', 'a', 'A', '..'),
  );

  property([fc.array(fc.tuple(anyKey, fc.integer({ min: 1, max: 4 })), { maxLength: 12 })])(
    'has names that differ on any file system, have at most 255 bytes and stay in their folder',
    (rows) => {
      const plan = planOutputs(manifest(rows.map(([key, count]) => item(key, { count }))));
      const names = plan.flatMap(({ fileStem }) =>
        [fileStem, alternateStem(fileStem, 1)].map((stem) => `${stem}.jpeg`),
      );
      const asSystemsSee = names.flatMap((name) => [
        `lower ${name.normalize('NFC').toLowerCase()}`,
        `upper ${name.normalize('NFD').toUpperCase()}`,
      ]);
      expect(new Set(asSystemsSee).size).toBe(2 * names.length);
      for (const name of names) {
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(160);
        expect(Buffer.from(name).toString()).toBe(name);
        expect(name).not.toMatch(/[/\\:\0]|^\./);
      }
    },
  );
});

describe('an output id', () => {
  property([fc.string({ minLength: 1, unit: 'binary' }), fc.integer({ min: 1, max: 1000 })])(
    'is parsed back into key and number',
    (key, n) => {
      expect(parseOutputId(outputId(key, n))).toEqual({ key, n });
    },
  );

  it.each(['hero', 'hero#', 'hero#0', 'hero#01', 'hero#-1', '#1', 'hero#1 ', 'hero#1e3', ''])(
    'is not %j',
    (text) => {
      expect(parseOutputId(text)).toBeUndefined();
    },
  );
});
