import { condition } from '@temporalio/workflow';
import type { JobStatus, SearchWhen } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { findReason } from './failure.ts';
import { retryUntilResolved } from './retry-until-resolved.ts';
import { getSearchPauseMs } from './unanswered.ts';
import type { JobEnd, Waiting } from './waiting.ts';

/** A job that we cancelled is checked more often: after a further fifth of the time since its cancellation. */
const SHARE_SINCE_CANCEL = 0.2;

/**
 * Sleeps and checks until the job has ended. A job past its deadline is cancelled, and then its end is waited for.
 *
 * @returns undefined if Google does not know the job any more
 */
export async function awaitJob(batch: Batch, waiting: Waiting): Promise<JobEnd | undefined> {
  const { requests, options, cancelled } = batch;
  const { job } = waiting;
  batch.awaited = { job, wakes: 0 };
  for (let number = 1; ; number++) {
    // Before the check: an event that arrives during the check may be newer than its result.
    requests.wake = false;
    const status = await check(batch, waiting, number);
    if (!status) return undefined;
    if (status.others) await waiting.stragglers?.cancel(status.others);
    if (status.ended) return { ...status, weCancelled: cancelled.has(job) };
    // By Temporal's clock too: no single wrong clock may cancel a job that is paid for.
    const ageMs = Math.min(status.ageMs, Date.now() - waiting.submittedAt);
    if (ageMs > options.deadlineMs && !cancelled.has(job)) {
      batch.note(`The job ${job} was cancelled: it took longer than its deadline.`);
      await cancelJob(batch, job, 'it is past its deadline');
      continue;
    }
    await pause(batch, waiting, status, number);
  }
}

/** Cancels a job at Google, once. */
export async function cancelJob(batch: Batch, job: string, why: string): Promise<void> {
  if (batch.cancelled.has(job)) return;
  await retryUntilResolved(batch, 'cancel', () =>
    batch.run('cancelJob', `cancel ${shorten(job)}: ${why}`, { ...batch.base, job }),
  );
  batch.cancelled.set(job, Date.now());
}

async function check(
  batch: Batch,
  { job, round, submittedAt, stragglers }: Waiting,
  number: number,
): Promise<JobStatus | undefined> {
  const { state: known } = batch.progress.jobs.find(({ name }) => name === job) ?? { state: 'PENDING' };
  const summary = `round ${round}: check ${number} of ${shorten(job)}, was ${known}, ${formatDuration(Date.now() - submittedAt)}`;
  const search: SearchWhen = stragglers ? (stragglers.areDue() ? 'now' : 'at-end') : 'never';
  const request = { round, job, submittedAt, search, pauseMs: getSearchPauseMs(batch) };
  // Built for each try: after a stop the batch may have another key.
  const buildInput = () => ({ ...batch.base, ...request, ...intervals(batch, job) });
  const status = await retryUntilResolved(batch, 'wait', () =>
    undefinedIfGone(batch.run('checkJob', summary, buildInput())),
  );
  batch.noteJobState(job, status?.state ?? 'UNKNOWN');
  if (!status) return undefined;
  const { state, pending, successful, failed, ended, nextCheckMs } = status;
  batch.update({
    check: { number, jobState: state, pending, successful, failed },
    lastCheck: new Date().toISOString(),
    nextCheck: ended ? undefined : new Date(Date.now() + nextCheckMs).toISOString(),
  });
  return status;
}

function intervals({ options, cancelled }: Batch, job: string) {
  const { checkIntervalMs: minIntervalMs, maxCheckIntervalMs } = options;
  const since = cancelled.get(job);
  const sinceCancel = since === undefined ? Number.POSITIVE_INFINITY : Date.now() - since;
  const maxIntervalMs = Math.min(
    maxCheckIntervalMs,
    Math.max(minIntervalMs, sinceCancel * SHARE_SINCE_CANCEL),
  );
  return { minIntervalMs, maxIntervalMs };
}

async function undefinedIfGone(checking: Promise<JobStatus>): Promise<JobStatus | undefined> {
  try {
    return await checking;
  } catch (error) {
    if (findReason(error).code === 'job-gone') return undefined;
    throw error;
  }
}

/** A durable sleep. An event of the job or the update `checkNow` ends it. */
async function pause(
  { requests }: Batch,
  { job, round }: Waiting,
  { state, ageMs, nextCheckMs }: JobStatus,
  number: number,
): Promise<void> {
  const summary = `round ${round}: waiting for check ${number + 1} of ${shorten(job)}, ${state}, ${formatDuration(ageMs)}`;
  await condition(() => requests.wake, nextCheckMs, { summary });
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
