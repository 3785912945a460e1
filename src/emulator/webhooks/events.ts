import type { JobRecord } from '../jobs/jobs.ts';
import { computeStanding, hasResult, isEnded, type JobState } from '../jobs/life.ts';
import { getResponsesFile } from '../jobs/operation.ts';

/** What an endpoint is told about a job that has ended. */
export interface JobEvent {
  /** `batch.succeeded` */
  type: string;
  /** ms since 1970: when the job ended. */
  time: number;
  /** The thin payload: names and states, never an answer. */
  payload: object;
}

const TYPES: Partial<Record<JobState, string>> = {
  SUCCEEDED: 'batch.succeeded',
  FAILED: 'batch.failed',
  EXPIRED: 'batch.expired',
  CANCELLED: 'batch.cancelled',
};

/** None before the job has ended, and none of a job that was deleted before. */
export function buildEvent(job: JobRecord, now: number): JobEvent | undefined {
  const standing = computeStanding(job, now);
  const type = TYPES[standing.state];
  if (!isEnded(standing) || type === undefined) return undefined;
  const { endTime: time, error } = standing;
  if (job.deleteTime !== undefined && job.deleteTime < time) return undefined;
  const isFile = job.inputFile !== undefined && hasResult(standing, now);
  const data = {
    id: `batches/${job.id}`,
    ...(isFile && { output_file_uri: getResponsesFile(job) }),
    ...(error && { error_code: error.code, error_message: error.message }),
  };
  return { type, time, payload: { type, version: 'v1', timestamp: new Date(time).toISOString(), data } };
}
