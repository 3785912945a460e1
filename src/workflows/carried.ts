import type { Where } from '../activities/types.ts';
import type { JobSummary, OutputCounts, Stop } from '../contract/index.ts';
import { KNOWN_BATCH, type KnownBatch } from '../contract/known.ts';
import { answer, anything, boolean, integer, list, number, optional, text } from '../contract/rules.ts';

/**
 * What a run of the workflow gives to the next one when its history is long: what the store does not know. The store knows rounds,
 * permits, answers and options, so the next run begins as every run does, with `prepare`.
 */
export interface Carried {
  /** A run continues as a new one after so many events. */
  continueAfterEvents?: number;
  /** ISO 8601. */
  startedAt?: string;
  /** The store, endpoint and key that the batch is bound to. */
  where?: Where;
  keyMayDiffer?: boolean;
  /** Targets were notified that the batch waits for approval. */
  isApprovalAsked?: boolean;
  approval?: boolean;
  /** What an operator said of submissions without an answer, and no step has acted on. */
  adopt?: string;
  notes?: readonly string[];
  jobs?: readonly JobSummary[];
  /** Since when the batch waits for a job, ms since 1970. */
  submittedAt?: readonly JobTime[];
  /** When a job was cancelled. */
  cancelled?: readonly JobTime[];
  isCancelling?: boolean;
  /** The outcomes that metrics had counted before this retry of an ended batch. */
  counted?: OutputCounts;
  /** The last stop, and how often it came in a row. */
  lastStop?: Pick<Stop, 'step' | 'code'> & { times: number };
  /** The stop in which the run ended. The next one waits in it. */
  stop?: Stop;
  /** The wait at Google's limit, in its round. */
  quota?: QuotaWait;
  known?: KnownBatch;
  /** An operator lets the batch continue with a store that has lost what Temporal knows. */
  mayRestore?: boolean;
  /** Jobs that Google does not know any more. An operator lets the batch make others. */
  goneJobs?: readonly string[];
  /** Ids of updates that were carried out: Temporal knows only those of the same run. */
  updates?: readonly string[];
}

/** Tries of a round that met Google's limit. */
export interface QuotaWait {
  round: number;
  /** ms since 1970. */
  since: number;
  tries: number;
  /** How many of them had a job that failed for it later. */
  jobs: number;
}

interface JobTime {
  job: string;
  /** ms since 1970. */
  at: number;
}

const any = text(() => true);
const jobTimes = optional(list(answer({ job: any, at: number() })));

/** The outer shape of {@link Carried}: it comes from this code, and a start by hand must not fail a workflow task for ever. */
export const CARRIED = answer({
  continueAfterEvents: optional(integer(50, 50_000)),
  startedAt: optional(any),
  where: optional(anything()),
  keyMayDiffer: optional(boolean()),
  isApprovalAsked: optional(boolean()),
  approval: optional(boolean()),
  adopt: optional(any),
  notes: optional(list(any)),
  jobs: optional(list(anything())),
  submittedAt: jobTimes,
  cancelled: jobTimes,
  isCancelling: optional(boolean()),
  counted: optional(anything()),
  lastStop: optional(anything()),
  stop: optional(anything()),
  quota: optional(anything()),
  known: optional(KNOWN_BATCH),
  mayRestore: optional(boolean()),
  goneJobs: optional(list(any)),
  updates: optional(list(any)),
});
