import type { JobRecord } from '../jobs/jobs.ts';
import { computeStanding, hasResult, isEnded, type JobState } from '../jobs/life.ts';
import { getResponsesFile } from '../jobs/operation.ts';

/** The event of a job that has ended. */
export interface JobEvent {
  /** `batch.succeeded` */
  type: string;
  /** When the job ended, ms since 1970. */
  time: number;
  /** The payload: names and states, no answers. */
  payload: object;
}

const TYPES: Partial<Record<JobState, string>> = {
  SUCCEEDED: 'batch.succeeded',
  FAILED: 'batch.failed',
  EXPIRED: 'batch.expired',
  CANCELLED: 'batch.cancelled',
};

/** Builds the event of a job. Undefined before its end, and for a job that was deleted before its end. */
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
