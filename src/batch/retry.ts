import type { Answer } from '../contract/record.ts';
import type { Reason } from '../contract/words.ts';
import { getRetryClass, type RetryClass } from './reasons.ts';

/** In how many rounds an output may get a weak reason: the first one and one more. */
const MAX_WEAK_TRIES = 2;
const NEVER_AGAIN: readonly RetryClass[] = ['permanent', 'kept'];

export interface RoundsSoFar {
  /** The round just collected, from 1. */
  round: number;
  maxRounds: number;
  /**
   * The batch is being cancelled, so cancelled outputs are not tried again. Not set for a job that was cancelled for
   * its deadline: its remaining outputs go to the next round.
   */
  weCancelled: boolean;
}

/** Whether another try of an output with this reason may help: the field `retryable` of a record. */
export function isRetryable(reason: Reason): boolean {
  return getRetryClass(reason) !== 'permanent';
}

/**
 * Whether an output goes into the next round.
 *
 * @param answers all answers to this one output so far, over all rounds; empty where no job answered
 */
export function shouldTryAgain(
  answers: readonly Answer[],
  { round, maxRounds, weCancelled }: RoundsSoFar,
): boolean {
  if (round >= maxRounds || answers.some((answer) => answer.outcome === 'image')) return false;
  const now = listReasons(answers.filter((answer) => answer.round === round));
  if (weCancelled && now.includes('cancelled')) return false;
  if (now.some((reason) => NEVER_AGAIN.includes(getRetryClass(reason)))) return false;
  return !now.some(isWeak) || countWeakRounds(answers) < MAX_WEAK_TRIES;
}

/** Counts the rounds with a weak reason; a job that answers twice counts once. */
function countWeakRounds(answers: readonly Answer[]): number {
  return new Set(answers.filter((answer) => listReasons([answer]).some(isWeak)).map((answer) => answer.round))
    .size;
}

function isWeak(reason: Reason): boolean {
  return getRetryClass(reason) === 'weak';
}

function listReasons(answers: readonly Answer[]): Reason[] {
  return answers.flatMap((answer) => answer.reason ?? []);
}
