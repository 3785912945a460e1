import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextCheckMs, quotaWaitMs, stopWaitMs } from '../../../src/batch/intervals.ts';
import { DEFAULT_OPTIONS } from '../../../src/contract/options.ts';
import { property } from '../../support/property.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const limits = { minMs: DEFAULT_OPTIONS.checkIntervalMs, maxMs: DEFAULT_OPTIONS.maxCheckIntervalMs };
const next = (ageMs: number, random = 0.5) => nextCheckMs({ ageMs, random, ...limits });

describe('the next check', () => {
  it.each([
    [0, 30_000],
    [MINUTE, 30_000],
    [10 * MINUTE, 2 * MINUTE],
    [HOUR, 12 * MINUTE],
    [40 * HOUR, 30 * MINUTE],
  ])('of a job %d ms old is in %d ms', (age, wait) => {
    expect(next(age)).toBe(wait);
  });

  it('varies by ten percent at random', () => {
    expect([next(HOUR, 0), next(HOUR, 1)]).toEqual([10.8 * MINUTE, 13.2 * MINUTE]);
  });

  it('gives about 71 checks in the 24 hours that Google aims at', () => {
    let checks = 0;
    for (let age = next(0); age <= 24 * HOUR; age += next(age)) checks += 1;
    expect(checks).toBeGreaterThanOrEqual(68);
    expect(checks).toBeLessThanOrEqual(74);
  });

  it('is after the shortest interval for a job of unknown age', () => {
    for (const age of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -5])
      expect(next(age)).toBe(30_000);
  });

  it('uses the defaults for invalid limits', () => {
    const invalid = { minMs: Number.NaN, maxMs: Number.POSITIVE_INFINITY, random: 0.5 };
    expect(nextCheckMs({ ageMs: 0, ...invalid })).toBe(DEFAULT_OPTIONS.checkIntervalMs);
    expect(nextCheckMs({ ageMs: 40 * HOUR, ...invalid })).toBe(DEFAULT_OPTIONS.maxCheckIntervalMs);
  });

  const anything = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(undefined, null, 'x', '5') as fc.Arbitrary<never>,
  );
  property([anything, anything, anything, anything])(
    'is a whole number of milliseconds from 1 s to 27 h for any input',
    (ageMs, random, minMs, maxMs) => {
      const wait = nextCheckMs({ ageMs, random, minMs, maxMs });
      expect(Number.isSafeInteger(wait)).toBe(true);
      expect(wait).toBeGreaterThanOrEqual(1000);
      expect(wait).toBeLessThanOrEqual(27 * HOUR);
    },
  );
});

describe('the wait for quota', () => {
  it('doubles from one minute to two hours', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 500].map((attempt) => quotaWaitMs(attempt) / MINUTE)).toEqual([
      1, 2, 4, 8, 16, 32, 64, 120, 120,
    ]);
  });

  it('is never shorter than Google asks for, nor longer than 6 hours', () => {
    expect(quotaWaitMs(1, 2 * HOUR)).toBe(2 * HOUR);
    expect(quotaWaitMs(6, 37_000)).toBe(32 * MINUTE);
    expect(quotaWaitMs(1, 900 * HOUR)).toBe(6 * HOUR);
  });

  property([fc.double(), fc.double()])(
    'is a whole number of at least a minute for any input',
    (attempt, hint) => {
      expect(Number.isSafeInteger(quotaWaitMs(attempt, hint))).toBe(true);
      expect(quotaWaitMs(attempt, hint)).toBeGreaterThanOrEqual(MINUTE);
    },
  );
});

describe('the wait of a stop that tries again automatically', () => {
  it('doubles from half an hour to two days', () => {
    const hours = [1, 2, 3, 4, 5, 6, 7, 8, 5000].map((times) => stopWaitMs(times, 'disk-full') / HOUR);
    expect(hours).toEqual([0.5, 1, 2, 4, 8, 16, 32, 48, 48]);
  });

  it('doubles to four days at Google’s limit', () => {
    expect([1, 8, 5000].map((times) => stopWaitMs(times, 'rate-limited') / HOUR)).toEqual([0.5, 64, 96]);
  });

  it('begins with a minute without a right worker', () => {
    expect([1, 2, 3].map((times) => stopWaitMs(times, 'wrong-worker') / MINUTE)).toEqual([1, 2, 4]);
  });
});
