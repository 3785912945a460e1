import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clip, isWellFormed, toWellFormed, utf8Length, utf8Prefix } from '../../../src/contract/text.ts';
import { property } from '../../support/property.ts';

const anyText = fc.string({ unit: 'binary' });
const halves = fc
  .array(fc.oneof(anyText, fc.constantFrom('\uD83D', '\uDE00', '\uD83D\uDE00')), { maxLength: 20 })
  .map((parts) => parts.join(''));

describe('a text from outside', () => {
  property([halves, fc.nat(30)])('is cut between characters, and is well-formed', (text, max) => {
    const cut = clip(text, max);
    expect(isWellFormed(cut)).toBe(true);
    expect([...cut].length).toBe(Math.min(max, [...text].length));
    expect(toWellFormed(text).startsWith(cut)).toBe(true);
  });

  property([anyText, fc.nat(60)])('is measured and cut in bytes of UTF-8', (text, max) => {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text));
    const cut = utf8Prefix(text, max);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(max);
    expect(text.startsWith(cut)).toBe(true);
  });

  test('keeps whole characters, and shows half ones as �', () => {
    expect(clip('ab😀', 3)).toBe('ab😀');
    expect(clip('ab😀', 2)).toBe('ab');
    expect(toWellFormed('a\uD83Db')).toBe('a\uFFFDb');
  });
});
