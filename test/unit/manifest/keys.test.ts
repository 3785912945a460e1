import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findKeyMistake, foldKey, toSafeKey } from '../../../src/manifest/key.ts';
import { property } from '../../support/property.ts';

describe('the rule for keys', () => {
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
  ])('accepts %s', (key) => expect(findKeyMistake(key)).toBeUndefined());

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
  ])('rejects %j', (key, why) => expect(findKeyMistake(key)?.message).toContain(why));

  it('limits the number of characters, not of UTF-16 units', () => {
    expect(findKeyMistake('𝒜'.repeat(100))).toBeUndefined();
  });

  it.each([
    ['Hero', 'hero'],
    ['é', 'e\u0301'],
    ['straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
  ])('treats %s and %s as the same key', (a, b) => expect(foldKey(a)).toBe(foldKey(b)));

  property([fc.string({ unit: 'binary', maxLength: 120 })])(
    'accepts only keys that are safe file names on every system',
    (key) => {
      if (findKeyMistake(key) !== undefined) return;
      const name = `${key}.png`;
      expect(name).not.toMatch(/[\\/:*?"<>|~#\p{Cc}\p{Cf}\p{Cs}\p{Zs}]|^\.|^\s/u);
      expect(name.split('.')[0]?.toUpperCase()).not.toMatch(/^(CON|PRN|AUX|NUL|COM\d|LPT\d)$/);
      expect([...key.normalize('NFC')].length).toBeLessThanOrEqual(100);
    },
  );

  const characters = fc.constantFrom(...'abcXYZ019-_.äßéжλ字กी');
  property([fc.array(characters, { minLength: 1, maxLength: 100 })])(
    'accepts letters, digits, "-", "_" and "." unless a dot or a combining mark comes first',
    (letters) => {
      const key = letters.join('');
      if (/^[.\p{M}]/u.test(key)) return;
      expect(findKeyMistake(key)).toBeUndefined();
    },
  );

  property([fc.string({ unit: 'binary', maxLength: 150 })])('is met by toSafeKey for any text', (text) => {
    expect(findKeyMistake(toSafeKey(text))).toBeUndefined();
  });
});
