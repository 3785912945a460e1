import { patched } from '@temporalio/workflow';
import type { Batch } from './batch.ts';

/**
 * So many events wake a batch while it waits for one job. A job has one end, and the same event comes perhaps twice: more
 * is noise, and each check is a dozen events of a history that holds 51,200. Checks go on at their own times.
 */
const MAX_WAKES = 20;

/**
 * Whether an event from outside is a reason to look at Google now. One that names another job than the one that is waited
 * for is of an earlier round, or of a job whose turn comes with a check of its own. What names none counts.
 *
 * @param event as it was sent, by whomever: of any shape
 */
export function isNews(batch: Batch, event: unknown): boolean {
  // Batches of 0.1.0 whose history holds such a signal were woken by each.
  if (!patched('job-events-of-the-job')) return true;
  const job = (event as { job?: unknown } | null | undefined)?.job;
  const { awaited } = batch;
  if (!awaited || (job !== undefined && job !== awaited.job)) return false;
  awaited.wakes += 1;
  return awaited.wakes <= MAX_WAKES;
}
