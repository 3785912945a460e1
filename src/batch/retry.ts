import type { Answer, Reason } from '../contract/record.ts';
import { getRetryClass } from './reasons.ts';

/** How often a weak reason may come up: the first time, and once more. */
const WEAK_TRIES = 2;

export interface RoundsSoFar {
  /** The round that was just collected, from 1. */
  round: number;
  maxRounds: number;
  /**
   * The batch is being cancelled by us: what was cancelled stays so. A job that was cancelled for its deadline is not
   * meant; its rest goes to the next round.
   */
  weCancelled: boolean;
}

/** Whether another try of an output with this reason may help; what a record says as `retryable`. */
export function retryable(reason: Reason): boolean {
  return getRetryClass(reason) !== 'permanent';
}

/**
 * Whether an output goes into the next round.
 *
 * @param answers all answers to this one output so far, over all rounds; none: no job answered
 */
export function anotherTry(
  answers: readonly Answer[],
  { round, maxRounds, weCancelled }: RoundsSoFar,
): boolean {
  if (round >= maxRounds || answers.some((answer) => answer.outcome === 'image')) return false;
  const now = listReasons(answers.filter((answer) => answer.round === round));
  if (weCancelled && now.includes('cancelled')) return false;
  if (now.some((reason) => getRetryClass(reason) === 'permanent')) return false;
  return !now.some(isWeak) || weakRounds(answers) < WEAK_TRIES;
}

/** In how many rounds a weak reason came up; a job that answers twice has still tried once. */
function weakRounds(answers: readonly Answer[]): number {
  return new Set(answers.filter((answer) => listReasons([answer]).some(isWeak)).map((answer) => answer.round))
    .size;
}

function isWeak(reason: Reason): boolean {
  return getRetryClass(reason) === 'weak';
}

function listReasons(answers: readonly Answer[]): Reason[] {
  return answers.flatMap((answer) => answer.reason ?? []);
}
