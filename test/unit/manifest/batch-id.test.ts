import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveBatchId, isBatchId } from '../../../src/manifest/index.ts';
import { property } from '../../support/property.ts';

const FINGERPRINT = '3f9a1c02'.repeat(8);

describe('deriveBatchId', () => {
  it.each([
    ['autumn-catalogue', 'autumn-catalogue-3f9a1c02'],
    ['Größe & Café — No. 5', 'gro-e-cafe-no-5-3f9a1c02'],
    ['秋のカタログ', 'batch-3f9a1c02'],
    ['--x--', 'x-3f9a1c02'],
  ])('turns the name %s into %s', (name, id) => expect(deriveBatchId(name, FINGERPRINT)).toBe(id));

  property([
    fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.stringMatching(/^[a-z0-9 -]{40,100}$/)),
  ])('makes a valid batch id from any name, with room for the suffix -9999', (name) => {
    expect(isBatchId(`${deriveBatchId(name, FINGERPRINT)}-9999`)).toBe(true);
  });
});

describe('isBatchId', () => {
  it.each(['', '-a', 'a-', 'A', 'ä', 'a_b', 'a/b', 'a.b', 'con', 'x'.repeat(61)])('rejects %j', (id) =>
    expect(isBatchId(id)).toBe(false),
  );
  it.each(['a', '0', 'a--b', 'x'.repeat(60), 'con-1'])('accepts %j', (id) =>
    expect(isBatchId(id)).toBe(true),
  );
});
