import { type RpcError, rpcError } from '../http/envelope.ts';
import type { Effect } from '../rows/effects.ts';
import type { JobRecord, Row } from './jobs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The share of its duration that a job is PENDING. */
const PENDING_SHARE = 0.2;
/** Google ends a job as EXPIRED after this time. */
const EXPIRES_AFTER = 48 * HOUR;
/** Google keeps results for about six weeks. */
const RESULTS_KEPT = 42 * DAY;

export type JobState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'EXPIRED';

/** The state of a job at a point in time. */
export interface Standing {
  state: JobState;
  /** How many rows were processed, from the first. */
  worked: number;
  updateTime: number;
  /** Set once the job has ended. */
  endTime?: number;
  /** Why the job has no result. */
  error?: RpcError;
}

/** When the first row of a job would run, ms since 1970. */
export function computeStart({
  createTime,
  durationMs,
}: Pick<JobRecord, 'createTime' | 'durationMs'>): number {
  return createTime + durationMs * PENDING_SHARE;
}

/** Computes a job's state from its record and the clock alone, so that jobs continue while the emulator is down. */
export function computeStanding(job: JobRecord, now: number): Standing {
  const end = computeEnd(job);
  if (now >= end.endTime) return { ...end, updateTime: end.endTime };
  if (now < computeRunStart(job)) return { state: 'PENDING', worked: 0, updateTime: job.createTime };
  return { state: 'RUNNING', worked: countWorked(job, now), updateTime: now };
}

interface End extends Omit<Standing, 'updateTime'> {
  endTime: number;
}

/** The end of a job: the earliest of everything that can end it. */
function computeEnd(job: JobRecord): End {
  const ends = [computeOwnEnd(job)];
  if (job.failure) ends.push({ state: 'FAILED', worked: 0, endTime: computeStart(job), error: job.failure });
  const { cancelTime, deafMs = 0 } = job;
  if (cancelTime !== undefined)
    ends.push(computeCancelledEnd(job, cancelTime + deafMs, computeRunStart(job)));
  return ends.reduce((first, next) => (next.endTime <= first.endTime ? next : first));
}

/** The end of a job that is not cancelled and whose input is valid. */
function computeOwnEnd({ createTime, durationMs, rows, forcedState }: JobRecord): End {
  const done = createTime + durationMs;
  const expiry = createTime + EXPIRES_AFTER;
  if (forcedState && !('error' in forcedState))
    return { ...forcedState, worked: 0, endTime: Number.POSITIVE_INFINITY };
  if (forcedState) return { ...forcedState, worked: 0, endTime: Math.min(done, expiry) };
  if (done > expiry) return { state: 'EXPIRED', worked: 0, endTime: expiry, error: EXPIRED };
  return { state: 'SUCCEEDED', worked: rows.length, endTime: done };
}

/** When the job leaves PENDING, ms since 1970. */
function computeRunStart(job: JobRecord): number {
  return job.forcedState?.state === 'PENDING' ? Number.POSITIVE_INFINITY : computeStart(job);
}

/**
 * A job that is cancelled while PENDING ends CANCELLED; one that is RUNNING ends SUCCEEDED with the rows that are done.
 */
function computeCancelledEnd(job: JobRecord, cancelTime: number, start: number): End {
  if (cancelTime < start) return { state: 'CANCELLED', worked: 0, endTime: cancelTime, error: CANCELLED };
  return { state: 'SUCCEEDED', worked: countWorked(job, cancelTime), endTime: cancelTime };
}

const CANCELLED = rpcError('CANCELLED', 'The operation was cancelled.');
export const EXPIRED = rpcError('FAILED_PRECONDITION', 'The batch expired before it was done.');

function countWorked(job: JobRecord, time: number): number {
  if (job.forcedState) return 0;
  const start = computeStart(job);
  const share = (time - start) / (job.createTime + job.durationMs - start);
  return Math.floor(Math.min(share, 1) * job.rows.length);
}

/** The effect on a row of a job that has ended. */
export function effectAtEnd(row: Row, index: number, standing: Standing): Effect | undefined {
  return index < standing.worked ? row.effect : { kind: 'error', ...CANCELLED };
}

export function isEnded(standing: Standing): standing is Standing & { endTime: number } {
  return standing.endTime !== undefined;
}

/** Whether the job has a result to download. */
export function hasResult(standing: Standing, now: number): boolean {
  return standing.state === 'SUCCEEDED' && now < (standing.endTime ?? now) + RESULTS_KEPT;
}
