import { sleep } from '@temporalio/workflow';
import type { Search, Unanswered } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { retryUntilResolved, stopOnce } from './retry-until-resolved.ts';

/** Submissions of one round that may end without an answer before the batch stops for an operator. */
const MAX_IN_A_ROW = 5;

/**
 * Finds the jobs of a round.
 *
 * @param named a job that an operator names as this round's: taken if its name at Google has our nonce
 */
export function findJob(batch: Batch, round: number, named?: string): Promise<Search> {
  const pauseMs = getSearchPauseMs(batch);
  const summary = named
    ? `round ${round}: check whether ${named} is its job`
    : `round ${round}: search for a job that exists already`;
  return retryUntilResolved(batch, 'submit', () =>
    batch.run('findJob', summary, { ...batch.base, round, pauseMs, ...(named && { named }) }),
  );
}

/** The pause between two passes over LIST, whose pages shift while jobs are added; shorter if the window is short. */
export function getSearchPauseMs({ options }: Batch): number {
  return Math.min(3_000, Math.ceil(options.submitWindowMs / 10));
}

/** Waits until LIST must show a job of this submission, and searches. */
export async function findAfterWindow(
  batch: Batch,
  round: number,
  { submission, overBy }: Unanswered,
): Promise<Search> {
  // This compares the clocks of the worker and of Temporal. A wrong clock must not delay the batch for hours.
  const postOver = Math.min(60_000, Math.max(0, overBy - Date.now()));
  await sleep(postOver + batch.options.submitWindowMs, {
    summary: `round ${round}: waiting until Google’s list would show submission ${submission}`,
  });
  return findJob(batch, round);
}

/**
 * Whether another submission may follow one without a job. With `park` an operator decides: a plain retry only searches
 * again, and a job that they name is then found.
 */
export async function mayMakeAnother(
  batch: Batch,
  round: number,
  message: string,
  inARow: number,
): Promise<boolean> {
  if (batch.options.onUnknownSubmit === 'park') return askOperator(batch, round, message);
  if (inARow % MAX_IN_A_ROW === 0)
    await stopOnce(
      batch,
      'submit',
      failure('unavailable', `${inARow} submissions in a row ended without an answer: ${message}`),
    );
  return true;
}

async function askOperator(batch: Batch, round: number, message: string): Promise<boolean> {
  let why = `It is unknown whether a job was made: ${message}`;
  for (;;) {
    await stopOnce(batch, 'submit', failure('submission-unknown', why));
    const { adopt } = batch.requests;
    if (adopt === undefined || adopt === 'none') return adopt === 'none';
    const { unanswered } = await findJob(batch, round, adopt);
    if (!unanswered) return false;
    why = `${adopt} is not a job of round ${round} of ${batch.id}, or Google does not know it.`;
  }
}
