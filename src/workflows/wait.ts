import { condition } from '@temporalio/workflow';
import type { JobStatus, SearchWhen } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { continueIfLong } from './continue.ts';
import { findReason } from './failure.ts';
import { findQuotaWait } from './quota.ts';
import { retryUntilResolved } from './retry-until-resolved.ts';
import { getSearchPauseMs } from './unanswered.ts';
import type { JobEnd, Waiting } from './waiting.ts';

/** A job that we cancelled is checked more often: after a further fifth of the time since its cancellation. */
const SHARE_SINCE_CANCEL = 0.2;

/** After each job of a round that failed for quota the next one is checked so many times more seldom: a year of them must stay short. */
const SLOWER_AFTER_FAILURE = 4;

/**
 * Sleeps and checks until the job has ended.
 *
 * @returns `gone` if Google does not know the job any more; `cancelled` if it was cancelled because it is past its deadline
 */
export async function awaitJob(batch: Batch, waiting: Waiting): Promise<JobEnd | 'gone' | 'cancelled'> {
  const { requests, options, cancelled } = batch;
  const { job } = waiting;
  batch.awaited = { job, wakes: 0, checks: 0 };
  for (let number = 1; ; number++) {
    // Before the check: an event that arrives during the check may be newer than its result.
    requests.wake = false;
    const status = await checkJob(batch, waiting, number);
    if (status === 'gone') return status;
    if (status.ended) return status;
    if (cancelled.has(job)) return 'cancelled';
    // By Temporal's clock too: no single wrong clock may cancel a job that is paid for.
    const ageMs = Math.min(status.ageMs, Date.now() - waiting.submittedAt);
    if (ageMs > options.deadlineMs) {
      batch.note(`The job ${job} was cancelled: it took longer than its deadline.`);
      await cancelJob(batch, job, 'it is past its deadline');
      return 'cancelled';
    }
    await pause(batch, waiting, status, number);
  }
}

/** Cancels a job at Google, once. */
export async function cancelJob(batch: Batch, job: string, why: string): Promise<void> {
  if (batch.cancelled.has(job)) return;
  await retryUntilResolved(batch, 'cancel', () => askToCancel(batch, job, why));
  batch.cancelled.set(job, Date.now());
}

/** One request to cancel a job, with the retries of its step alone. */
export function askToCancel(batch: Batch, job: string, why: string): Promise<void> {
  return batch.run('cancelJob', `cancel ${shorten(job)}: ${why}`, { ...batch.base, job });
}

/** Checks a job. What it finds is in the progress. */
export async function checkJob(
  batch: Batch,
  waiting: Waiting,
  number: number,
): Promise<(JobStatus & JobEnd) | 'gone'> {
  const { job, stragglers } = waiting;
  const search: SearchWhen = stragglers ? (stragglers.areDue() ? 'now' : 'at-end') : 'never';
  const status = await retryUntilResolved(batch, 'wait', () => readStatus(batch, waiting, search, number));
  batch.noteJobState(job, status === 'gone' ? 'UNKNOWN' : status.state);
  if (status === 'gone') return status;
  const { state, pending, successful, failed, ended, nextCheckMs } = status;
  batch.update({
    check: { number, jobState: state, pending, successful, failed },
    lastCheck: new Date().toISOString(),
    nextCheck: ended ? undefined : new Date(Date.now() + nextCheckMs).toISOString(),
  });
  if (status.others) await stragglers?.cancel(status.others);
  return { ...status, weCancelled: batch.cancelled.has(job) };
}

/** One check of a job, with the retries of its step alone. */
export async function readStatus(
  batch: Batch,
  { job, round, submittedAt }: Waiting,
  search: SearchWhen,
  number: number,
): Promise<JobStatus | 'gone'> {
  const { state: known } = batch.progress.jobs.find(({ name }) => name === job) ?? { state: 'PENDING' };
  const summary = `round ${round}: check ${number} of ${shorten(job)}, was ${known}, ${formatDuration(Date.now() - submittedAt)}`;
  const request = { round, job, submittedAt, search, pauseMs: getSearchPauseMs(batch) };
  // A search needs the store.
  const base = search === 'never' ? batch.base : batch.stored;
  try {
    return await batch.run('checkJob', summary, { ...base, ...request, ...intervals(batch, job, round) });
  } catch (error) {
    if (findReason(error).code === 'job-gone') return 'gone';
    throw error;
  }
}

function intervals(batch: Batch, job: string, round: number) {
  const { options, cancelled } = batch;
  const { checkIntervalMs, maxCheckIntervalMs } = options;
  const failed = findQuotaWait(batch, round)?.jobs ?? 0;
  const minIntervalMs = Math.min(maxCheckIntervalMs, checkIntervalMs * SLOWER_AFTER_FAILURE ** failed);
  const since = cancelled.get(job);
  const sinceCancel = since === undefined ? Number.POSITIVE_INFINITY : Date.now() - since;
  const maxIntervalMs = Math.min(
    maxCheckIntervalMs,
    Math.max(minIntervalMs, sinceCancel * SHARE_SINCE_CANCEL),
  );
  return { minIntervalMs, maxIntervalMs };
}

/** A durable sleep. An event of the job or the update `checkNow` ends it. */
export async function pause(
  batch: Batch,
  { job, round }: Pick<Waiting, 'job' | 'round'>,
  { state, ageMs, nextCheckMs }: Pick<JobStatus, 'state' | 'ageMs' | 'nextCheckMs'>,
  number: number,
): Promise<void> {
  const summary = `round ${round}: waiting for check ${number + 1} of ${shorten(job)}, ${state}, ${formatDuration(ageMs)}`;
  await condition(() => batch.requests.wake, nextCheckMs, { summary });
  await continueIfLong(batch);
}

/** The beginning of a job's name, enough to recognise it. */
function shorten(job: string): string {
  return job.length > 20 ? `${job.slice(0, 18)}…` : job;
}

function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  const total = Math.round(seconds / 60);
  return total < 60 ? `${total} min` : `${Math.floor(total / 60)} h ${total % 60} min`;
}
