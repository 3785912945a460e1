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
  const pauseMs = pauseBetweenLooks(batch);
  const summary = named ? `round ${round}: is ${named} its job?` : `round ${round}: is there a job already?`;
  return retryUntilResolved(batch, 'submit', () =>
    batch.run('findJob', summary, { ...batch.base, round, pauseMs, ...(named && { named }) }),
  );
}

/** LIST pages shift while jobs come and go, so two passes are some seconds apart; less where the window is short. */
export function pauseBetweenLooks({ options }: Batch): number {
  return Math.min(3_000, Math.ceil(options.submitWindowMs / 10));
}

/** Waits until LIST must show a job of this submission, and searches. */
export async function findAfterWindow(
  batch: Batch,
  round: number,
  { submission, overBy }: Unanswered,
): Promise<Search> {
  // Two clocks are compared, the worker's and Temporal's: one that is wrong must not hold the batch for hours.
  const postOver = Math.min(60_000, Math.max(0, overBy - Date.now()));
  await sleep(postOver + batch.options.submitWindowMs, {
    summary: `round ${round}: submission ${submission} may still appear`,
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
  if (batch.options.onUnknownSubmit === 'park') return askPerson(batch, round, message);
  if (inARow % MAX_IN_A_ROW === 0)
    await stopOnce(
      batch,
      'submit',
      failure('unavailable', `${inARow} submissions in a row ended without an answer: ${message}`),
    );
  return true;
}

async function askPerson(batch: Batch, round: number, message: string): Promise<boolean> {
  let why = `Nobody can say whether a job was made: ${message}`;
  for (;;) {
    await stopOnce(batch, 'submit', failure('submission-unknown', why));
    const { adopt } = batch.requests;
    if (adopt === undefined || adopt === 'none') return adopt === 'none';
    const { unanswered } = await findJob(batch, round, adopt);
    if (!unanswered) return false;
    why = `${adopt} is no job of round ${round} of ${batch.id}, or Google does not know it.`;
  }
}
