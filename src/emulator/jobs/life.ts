import { type RpcError, rpcError } from '../http/envelope.ts';
import type { Effect } from '../rows/effects.ts';
import type { JobRecord, Row } from './jobs.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** The part of its time that a job waits before it runs. */
const PENDING_SHARE = 0.2;
/** Google gives a job up after this. */
const EXPIRES_AFTER = 48 * HOUR;
/** Google keeps results for about six weeks. */
const RESULTS_KEPT = 42 * DAY;

export type JobState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'EXPIRED';

/** Where a job stands at a moment. */
export interface Standing {
  state: JobState;
  /** How many rows were worked on, from the first. */
  worked: number;
  updateTime: number;
  /** Set from its end on. */
  endTime?: number;
  /** Why there is no result. */
  error?: RpcError;
}

/** When the first row of a job would run. */
export function computeStart({
  createTime,
  durationMs,
}: Pick<JobRecord, 'createTime' | 'durationMs'>): number {
  return createTime + durationMs * PENDING_SHARE;
}

/** A job's standing follows from its record and the clock alone, so that it goes on while the emulator is down. */
export function computeStanding(job: JobRecord, now: number): Standing {
  const end = computeEnd(job);
  if (now >= end.endTime) return { ...end, updateTime: end.endTime };
  if (now < computeRunStart(job)) return { state: 'PENDING', worked: 0, updateTime: job.createTime };
  return { state: 'RUNNING', worked: countWorked(job, now), updateTime: now };
}

interface End extends Omit<Standing, 'updateTime'> {
  endTime: number;
}

/** The end that a job is heading for: of all that can end it, what comes first. */
function computeEnd(job: JobRecord): End {
  const ends = [computeOwnEnd(job)];
  if (job.failure) ends.push({ state: 'FAILED', worked: 0, endTime: computeStart(job), error: job.failure });
  if (job.cancelTime !== undefined) ends.push(computeCancelledEnd(job, job.cancelTime, computeRunStart(job)));
  return ends.reduce((first, next) => (next.endTime <= first.endTime ? next : first));
}

/** Where nothing else happens to it. */
function computeOwnEnd({ createTime, durationMs, rows, forcedState }: JobRecord): End {
  const done = createTime + durationMs;
  const expiry = createTime + EXPIRES_AFTER;
  if (forcedState && !('error' in forcedState))
    return { ...forcedState, worked: 0, endTime: Number.POSITIVE_INFINITY };
  if (forcedState) return { ...forcedState, worked: 0, endTime: Math.min(done, expiry) };
  if (done > expiry) return { state: 'EXPIRED', worked: 0, endTime: expiry, error: EXPIRED };
  return { state: 'SUCCEEDED', worked: rows.length, endTime: done };
}

/** When it leaves PENDING. */
function computeRunStart(job: JobRecord): number {
  return job.forcedState?.state === 'PENDING' ? Number.POSITIVE_INFINITY : computeStart(job);
}

/** Before its start a cancelled job ends CANCELLED; after it, it ends SUCCEEDED with what is done. */
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

/** What becomes of the row at `index`, in a job that has ended. */
export function effectAtEnd(row: Row, index: number, standing: Standing): Effect | undefined {
  return index < standing.worked ? row.effect : { kind: 'error', ...CANCELLED };
}

export function isEnded(standing: Standing): standing is Standing & { endTime: number } {
  return standing.endTime !== undefined;
}

/** Whether there is something to fetch. */
export function hasResult(standing: Standing, now: number): boolean {
  return standing.state === 'SUCCEEDED' && now < (standing.endTime ?? now) + RESULTS_KEPT;
}
