import { describe, expect, it } from 'vitest';
import { isRetryable, shouldTryAgain } from '../../../src/batch/retry.ts';
import { REASONS, type Reason } from '../../../src/contract/words.ts';
import { imageAnswer, lostAnswer } from './builders.ts';

const permanent: Reason[] = [
  'prohibited-content',
  'image-prohibited-content',
  'recitation',
  'blocklist',
  'spii',
  'prompt-blocked',
  'invalid',
];
const weak: Reason[] = [
  'no-image',
  'text-only',
  'max-tokens',
  'other',
  'image-other',
  'safety',
  'image-safety',
  'unknown-code',
];
const kept: Reason[] = ['undecodable', 'unreadable'];
const transient = REASONS.filter((reason) => ![...permanent, ...weak, ...kept].includes(reason));

/** The reasons of round 1, 2, …, and whether there is a next round. */
const after = (reasons: Reason[], { maxRounds = 9, weCancelled = false } = {}) =>
  shouldTryAgain(
    reasons.map((reason, at) => lostAnswer('a#1', reason, { round: at + 1 })),
    { round: reasons.length || 1, maxRounds, weCancelled },
  );

describe('another try', () => {
  it.each(transient)('is made after %s as long as there are rounds', (reason) => {
    expect(after([reason, reason, reason])).toBe(true);
    expect(after([reason, reason, reason], { maxRounds: 3 })).toBe(false);
  });

  it.each(weak)('is made once after %s', (reason) => {
    expect(after([reason])).toBe(true);
    expect(after([reason, reason])).toBe(false);
    expect(after([reason, 'internal'])).toBe(true);
    expect(after([reason, 'internal', 'other'])).toBe(false);
  });

  it.each(permanent)('is not made after %s', (reason) => {
    expect(after([reason])).toBe(false);
    expect(after(['internal', reason])).toBe(false);
  });

  it.each(kept)('is not made after %s, whose bytes are kept, unless an operator asks', (reason) => {
    expect(after([reason])).toBe(false);
    expect(after(['internal', reason])).toBe(false);
    expect(isRetryable(reason)).toBe(true);
  });

  it('is made when no job answered', () => {
    expect(after([])).toBe(true);
    expect(after([], { maxRounds: 1 })).toBe(false);
  });

  it('is not made when there is an image, whatever else was answered', () => {
    const answers = [lostAnswer('a#1', 'internal'), imageAnswer('a#1', 'x'), lostAnswer('a#1', 'internal')];
    expect(shouldTryAgain(answers, { round: 1, maxRounds: 3, weCancelled: false })).toBe(false);
  });

  it('is made after a cancellation by another client', () => {
    expect(after(['cancelled'])).toBe(true);
    expect(after(['cancelled'], { weCancelled: true })).toBe(false);
  });

  it('counts a round once, however often its job answered', () => {
    const answers = [lostAnswer('a#1', 'no-image'), lostAnswer('a#1', 'text-only')];
    expect(shouldTryAgain(answers, { round: 1, maxRounds: 3, weCancelled: false })).toBe(true);
  });

  it('of a retry depends on its own answers, not on earlier ones', () => {
    expect(after(['spii', 'internal'])).toBe(true);
    expect(after(['other', 'other', 'internal'])).toBe(true);
  });
});

describe('a reason', () => {
  it('is retryable when it is not permanent', () => {
    expect(REASONS.filter((reason) => !isRetryable(reason)).sort()).toEqual([...permanent].sort());
  });
});
