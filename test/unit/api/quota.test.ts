import { expect, test } from 'vitest';
import { createQuota } from '../../../src/api/quota.ts';

const SPEC = { total: 10, perCaller: 6, what: 'The things', retryAfterMs: 3_000 };
const catchCode = (act: () => void) => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test('refuses a caller beyond its share, and everybody beyond the total', () => {
  const quota = createQuota(SPEC);
  const [first, again, other, third] = ['a', 'a', 'b', 'c'].map((caller) => quota.open(caller));
  first?.add(4);
  expect(catchCode(() => again?.add(3))).toBe('rate-limited');
  again?.add(2);
  other?.add(4);
  expect(catchCode(() => third?.add(1))).toBe('busy');
  expect(() => third?.add(1)).toThrow('The things of all callers have reached their limit.');
});

test('gives back what a lease has, once, and nothing of what was refused', () => {
  const quota = createQuota(SPEC);
  const lease = quota.open('a');
  lease.add(6);
  expect(catchCode(() => lease.add(1))).toBe('rate-limited');
  lease.release();
  lease.release();
  const next = quota.open('a');
  next.add(6);
  expect(catchCode(() => next.add(1))).toBe('rate-limited');
});
