import { patched } from '@temporalio/workflow';
import type { Batch } from './batch.ts';
import { UNREADABLE } from './payload-converter.ts';

/**
 * The most events that trigger a check while a batch waits for one job. A job has one end, and its event may come twice;
 * further ones are noise, and each check is a dozen events of a history that holds 51,200. The regular checks continue.
 */
const MAX_WAKES = 20;

/**
 * Whether an event from outside triggers a check now. An event of another job is ignored: it belongs to an earlier round,
 * or to a job with a check of its own. An event without a job counts.
 *
 * @param event as it was sent: of any shape
 */
export function shouldWake(batch: Batch, event: unknown): boolean {
  if (event === UNREADABLE) return false;
  // Histories of 0.1.0 that hold such a signal have a check for each.
  if (!patched('job-events-of-the-job')) return true;
  const job = (event as { job?: unknown } | null | undefined)?.job;
  const { awaited } = batch;
  if (!awaited || (job !== undefined && job !== awaited.job)) return false;
  awaited.wakes += 1;
  return awaited.wakes <= MAX_WAKES;
}
