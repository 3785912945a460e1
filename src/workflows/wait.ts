import { condition } from '@temporalio/workflow';
import type { JobStatus } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { persist } from './persist.ts';

/** A job at its end. */
export interface JobEnd extends JobStatus {
  /** We asked for its end: past its deadline, or the batch is cancelled. */
  weCancelled: boolean;
}

export interface Waiting {
  job: string;
  round: number;
  submittedAt: number;
  /** Ask for its end first: the batch is being cancelled. */
  cancel?: boolean;
}

/** Sleeps and checks until the job has ended; a job past its deadline is cancelled, and its end waited for. */
export async function awaitJob(batch: Batch, { job, round, submittedAt, cancel }: Waiting): Promise<JobEnd> {
  const { options } = batch;
  let weCancelled = cancel ?? false;
  if (cancel) await cancelJob(batch, job, 'the batch is cancelled');
  for (let number = 1; ; number++) {
    const status = await check(batch, { job, round, number, submittedAt });
    if (status.ended) return { ...status, weCancelled };
    if (status.ageMs > options.deadlineMs && !weCancelled) {
      batch.notes.push(`The job ${job} was cancelled: it took longer than its deadline.`);
      await cancelJob(batch, job, 'it is past its deadline');
      weCancelled = true;
    }
    await pause(batch, status, number);
  }
}

interface Check {
  job: string;
  round: number;
  number: number;
  submittedAt: number;
}

async function check(batch: Batch, { job, round, number, submittedAt }: Check): Promise<JobStatus> {
  const { checkIntervalMs: minIntervalMs, maxCheckIntervalMs: maxIntervalMs } = batch.options;
  const { state: known } = batch.progress.jobs.find(({ name }) => name === job) ?? { state: 'PENDING' };
  const summary = `round ${round}: check ${number} of ${short(job)}, ${known}, ${minutes(Date.now() - submittedAt)}`;
  const status = await persist(batch, 'wait', () =>
    batch.run('checkJob', summary, { ...batch.base, job, submittedAt, minIntervalMs, maxIntervalMs }),
  );
  const { state, pending, successful, failed, ended, nextCheckMs } = status;
  const jobs = batch.progress.jobs.map((summary) => (summary.name === job ? { ...summary, state } : summary));
  batch.update({
    jobs,
    check: { number, jobState: state, pending, successful, failed },
    lastCheck: new Date().toISOString(),
    nextCheck: ended ? undefined : new Date(Date.now() + nextCheckMs).toISOString(),
  });
  return status;
}

/** A durable sleep, cut short by whoever knows better. */
async function pause(
  { requests }: Batch,
  { job, state, ageMs, nextCheckMs }: JobStatus,
  number: number,
): Promise<void> {
  requests.wake = false;
  const summary = `until check ${number + 1} of ${short(job)}, ${state}, ${minutes(ageMs)}`;
  await condition(() => requests.wake, nextCheckMs, { summary });
}

async function cancelJob(batch: Batch, job: string, why: string): Promise<void> {
  await persist(batch, 'cancel', () =>
    batch.run('cancelJob', `cancel ${short(job)}: ${why}`, { ...batch.base, job }),
  );
}

/** Enough of a job's name to tell it from others. */
function short(job: string): string {
  return job.length > 20 ? `${job.slice(0, 18)}…` : job;
}

function minutes(ms: number): string {
  const total = Math.round(ms / 60_000);
  return total < 60 ? `${total} min` : `${Math.floor(total / 60)} h ${total % 60} min`;
}
