import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldKey, keyMistake, safeKey } from '../../../src/manifest/key.ts';
import { property } from '../../support/property.ts';

describe('a key', () => {
  it.each([
    'hero',
    'B-204',
    'a.b_c-d',
    '_draft',
    '-x',
    '0012',
    'größe',
    'ボトル',
    'नमस्ते',
    'ขวด',
    'x'.repeat(100),
  ])('can be %s', (key) => expect(keyMistake(key)).toBeUndefined());

  it.each([
    ['', 'empty'],
    ['x'.repeat(101), '101 characters'],
    ['.hidden', 'begin with "."'],
    ['..', 'begin with "."'],
    ['a/b', '"/"'],
    ['a\\b', '"\\"'],
    ['a b', 'a space'],
    ['a~1', '"~"'],
    ['a:b', '":"'],
    ['a\u200Db', 'U+200D'],
    ['\u3164', 'U+3164'],
    ['a\nb', 'U+000A'],
    ['\u0301a', 'begin with'],
    ['con', 'device'],
    ['NUL.txt', 'device'],
    ['Com1', 'device'],
    ['lpt9.x.y', 'device'],
  ])('cannot be %j', (key, why) => expect(keyMistake(key)?.message).toContain(why));

  it('is short enough by its characters, not by its UTF-16 units', () => {
    expect(keyMistake('𝒜'.repeat(100))).toBeUndefined();
  });

  it.each([
    ['Hero', 'hero'],
    ['é', 'e\u0301'],
    ['straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
  ])('%s is the same as %s', (a, b) => expect(foldKey(a)).toBe(foldKey(b)));

  property([fc.string({ unit: 'binary', maxLength: 120 })])('is a safe file name on every system', (key) => {
    if (keyMistake(key) !== undefined) return;
    const name = `${key}.png`;
    expect(name).not.toMatch(/[\\/:*?"<>|~#\p{Cc}\p{Cf}\p{Cs}\p{Zs}]|^\.|^\s/u);
    expect(name.split('.')[0]?.toUpperCase()).not.toMatch(/^(CON|PRN|AUX|NUL|COM\d|LPT\d)$/);
    expect([...key.normalize('NFC')].length).toBeLessThanOrEqual(100);
  });

  const characters = fc.constantFrom(...'abcXYZ019-_.äßéжλ字กी');
  property([fc.array(characters, { minLength: 1, maxLength: 100 })])(
    'can be made of letters, digits, "-", "_" and "." as long as neither dot nor sign comes first',
    (letters) => {
      const key = letters.join('');
      if (/^[.\p{M}]/u.test(key)) return;
      expect(keyMistake(key)).toBeUndefined();
    },
  );

  property([fc.string({ unit: 'binary', maxLength: 150 })])('can be made of any text', (text) => {
    expect(keyMistake(safeKey(text))).toBeUndefined();
  });
});
