import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isBatchId,
  isFiringId,
  isScheduleName,
  MAX_SCHEDULE_NAME,
  toFiringBatchId,
} from '../../../src/contract/index.ts';
import { deriveBatchId, deriveScheduleName } from '../../../src/manifest/batch-id.ts';
import { property } from '../../support/property.ts';

const names = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,42}[a-z0-9])?$/).filter(isScheduleName);
/** Whole seconds of four-digit years. */
const seconds = fc.integer({ min: 0, max: 253_402_300_799 });
const firing = (name: string, second: number, ms = 0) => toFiringBatchId(name, new Date(second * 1000 + ms));

describe('the batch of a firing', () => {
  test('is named for its schedule and its time in UTC', () => {
    expect(toFiringBatchId('daily-catalogue', new Date('2026-11-24T07:00:00.123+01:00'))).toBe(
      'daily-catalogue-20261124-060000',
    );
  });

  property([names, seconds])('has a good id', (name, second) => {
    expect(isBatchId(firing(name, second))).toBe(true);
  });

  property([names, seconds])('has an id that is known as a firing’s', (name, second) => {
    expect(isFiringId(firing(name, second))).toBe(true);
  });

  property([
    fc.oneof(fc.string({ maxLength: 60 }), fc.stringMatching(/^[a-z]-\d{8}(-\d{6})?$/)),
    fc.stringMatching(/^[0-9]{8}$/),
    fc.integer({ min: 2, max: 9999 }),
  ])('has another form than every derived id', (name, fingerprint, more) => {
    const id = deriveBatchId(name, fingerprint);
    for (const derived of [id, `${id}-${more}`]) expect(isFiringId(derived)).toBe(false);
  });

  property([names, names, seconds, seconds])(
    'has an id that no other schedule and no other second has',
    (name, other, second, later) => {
      const isSame = name === other && second === later;
      expect(firing(name, second) === firing(other, later)).toBe(isSame);
      expect(firing(name, second) === firing(name, second + 1)).toBe(false);
    },
  );

  property([names, seconds, fc.integer({ min: 0, max: 999 })])(
    'is the same within a second, as Temporal names its own workflow',
    (name, second, ms) => {
      expect(firing(name, second, ms)).toBe(firing(name, second));
    },
  );
});

describe('the name of a schedule', () => {
  property([fc.string({ unit: 'grapheme', maxLength: 120 })])('is made of any name', (name) => {
    expect(isScheduleName(deriveScheduleName(name))).toBe(true);
  });

  test.each([
    ['Autumn Catalogue (é)', 'autumn-catalogue-e'],
    ['con', 'schedule-con'],
    ['夏', 'schedule'],
    ['x'.repeat(100), 'x'.repeat(MAX_SCHEDULE_NAME)],
  ])('%s becomes %s', (name, schedule) => {
    expect(deriveScheduleName(name)).toBe(schedule);
  });
});
