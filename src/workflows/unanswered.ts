import { type ApplicationFailure, sleep } from '@temporalio/workflow';
import type { Search, Unanswered } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { retryUntilResolved, stopOnce } from './retry-until-resolved.ts';

/** Submissions of one round that may end without an answer before the batch stops for an operator. */
const MAX_IN_A_ROW = 5;

/**
 * Finds the jobs of a round.
 *
 * @param named a job that an operator names as this round's: taken if its name at Google has our nonce. `none`: no submission
 *   without an answer made a job
 */
export async function findJob(batch: Batch, round: number, named?: string): Promise<Search> {
  const pauseMs = getSearchPauseMs(batch);
  const search = await retryUntilResolved(batch, 'submit', () =>
    batch.run('findJob', `round ${round}: ${describeSearch(named)}`, {
      ...(batch.known.mayRestore ? { ...batch.base, ...batch.known.restores } : batch.stored),
      round,
      pauseMs,
      ...(named && { named }),
    }),
  );
  batch.noteReserves(search.reserves);
  return search;
}

function describeSearch(named: string | undefined): string {
  if (named === 'none') return 'release what is reserved for submissions without an answer';
  return named ? `check whether ${named} is its job` : 'search for a job that exists already';
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
 * Whether another submission may follow one without a job. With `park`, and after five in a row, an operator decides: a plain retry
 * only searches again, and a job that they name is then found.
 */
export async function mayMakeAnother(
  batch: Batch,
  round: number,
  message: string,
  { inARow }: Unanswered,
): Promise<boolean> {
  const mayBeOlder = batch.known.mayRestore;
  if (batch.options.onUnknownSubmit === 'reconcile' && inARow < MAX_IN_A_ROW && !mayBeOlder) return true;
  const what = inARow > 1 ? `${inARow} submissions in a row made a job` : 'a job was made';
  await stopForAdoption(
    batch,
    round,
    failure('submission-unknown', `It is unknown whether ${what}: ${message}`),
  );
  return false;
}

/** Stops until an operator says what became of submissions without an answer, and records that. A retry only continues. */
export async function stopForAdoption(batch: Batch, round: number, why: ApplicationFailure): Promise<void> {
  await stopOnce(batch, 'submit', why);
  while (batch.requests.adopt !== undefined) {
    const { adopt } = batch.requests;
    if (await settleAdopted(batch, round, adopt)) return;
    await stopOnce(
      batch,
      'submit',
      failure(
        'submission-unknown',
        `${adopt} is not a job of round ${round} of ${batch.id}, or Google does not know it.`,
      ),
    );
  }
}

/** Records what an operator said of submissions without an answer. False for a job that is not one of this round. */
export async function settleAdopted(batch: Batch, round: number, adopt: string): Promise<boolean> {
  const { adopted = adopt === 'none' } = await findJob(batch, round, adopt);
  batch.requests.adopt = undefined;
  return adopted;
}
