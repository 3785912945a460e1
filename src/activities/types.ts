import type {
  BatchOptions,
  BatchProgress,
  BatchResult,
  ErrorCode,
  ImageBatchInput,
  JobState,
  NotifyTarget,
  OutputCounts,
  WebhookEvent,
} from '../contract/index.ts';

/**
 * Whose batch this is. Every step names it, and a worker with another store, endpoint or key leaves the step alone, so
 * that two machines with different folders, an emulator beside the real API, or two projects of Google's never mix.
 */
export interface Where {
  store?: string;
  endpoint?: string;
  /** Of the key for Gemini: tells two apart, and nothing of either. */
  keyFingerprint?: string;
}

export interface StepInput {
  batchId: string;
  where: Where;
}

export interface RoundInput extends StepInput {
  round: number;
}

/** A round that is to be done. */
export interface RoundPlan {
  round: number;
  outputs: number;
  /** The most that this round can come to, USD; undefined where the model's price is unknown. */
  worstUsd?: number;
  /** Something of it may have been sent: it has a permit. */
  submitted?: true;
}

export interface Standing {
  counts: OutputCounts;
  actualUsd: number;
}

export interface PrepareInput extends StepInput {
  input: ImageBatchInput;
}

export interface Prepared extends Standing {
  where: Required<Where>;
  model: string;
  estimatedUsd?: number;
  outputs: number;
  /** As a person last said that it is to be run, where the input leaves that open. */
  options?: Partial<BatchOptions>;
  /** It ended before, and this is how: nothing is left to do. */
  finished?: BatchResult;
  /** The round to do next: one that was open, or a new one. Absent: only the report is left. */
  next?: RoundPlan;
  /** The first round of this run: what was tried before a retry does not count. */
  firstRound: number;
  /** `next` settles an open round of an earlier run; prepare again after it, for what this retry asks for. */
  retryFollows: boolean;
  /** Those of our search attributes that this server knows. */
  searchAttributes: string[];
}

export interface Staged {
  /** The uploaded request file, `files/…`. */
  file: string;
  bytes: number;
  references: number;
  /** Bytes sent by this call: 0 where all was there. */
  uploadedBytes: number;
}

/** A look for the jobs of a round. */
export interface SearchInput extends RoundInput {
  /** Between two passes over LIST, ms. */
  pauseMs: number;
}

export interface FindJobInput extends SearchInput {
  /** A job that a person names as this round's. It is, where its name at Google says so. */
  named?: string;
}

export interface FoundJob {
  job: string;
  submission: number;
}

/** A submission of which nobody knows whether it made a job. */
export interface Unanswered {
  submission: number;
  /** Its POST is over by then, ms since 1970: what it made can only come to light from then on, within the window. */
  overBy: number;
}

export interface Search {
  /** The job to go on with: alive, or with output. */
  found?: FoundJob;
  /** Further living jobs of this round: stragglers of a submission whose answer was lost. */
  extras: FoundJob[];
  /** The last permit, where it has no answer and no job of it is to be seen. */
  unanswered?: Unanswered;
  /** The submission that may be made next. */
  next: number;
}

export interface CreateJobInput extends RoundInput {
  submission: number;
}

/** See `Creation` of the wire; as plain data for the history. */
export type Submitted =
  | { kind: 'created'; job: string }
  | { kind: 'refused'; code: ErrorCode; message: string; retryAfterMs?: number }
  | { kind: 'unknown'; message: string; overBy: number };

/** When a check also looks for further jobs of its round: `at-end`, where it finds that its job has ended, or `now`. */
export type SearchWhen = 'never' | 'at-end' | 'now';

export interface CheckJobInput extends SearchInput {
  job: string;
  look: SearchWhen;
  /** When it was submitted, for an age where Google's time is garbled; ms since 1970. */
  submittedAt: number;
  minIntervalMs: number;
  maxIntervalMs: number;
}

export interface JobStatus {
  job: string;
  state: JobState;
  /** As Google spells it, where we do not know it. */
  wireState?: string;
  ended: boolean;
  pending: number;
  successful: number;
  failed: number;
  resultFile?: string;
  error?: { code: number; message: string };
  ageMs: number;
  /** Until the next check: finite, clamped, jittered. */
  nextCheckMs: number;
  /** Further jobs of the round that live or have output; absent where nobody looked. */
  others?: FoundJob[];
}

/** A job that has ended and is to be collected. */
export interface EndedJob {
  job: string;
  state: JobState;
  resultFile?: string;
  /** Lines that the result file should have, by the job's counters. */
  expectedLines: number;
}

export interface CollectInput extends RoundInput {
  jobs: EndedJob[];
  /** The first round of this run: 1, or where a retry of an ended batch began. */
  firstRound: number;
  /** The last round that may be. */
  maxRounds: number;
  /** The batch is being cancelled: nothing that was cancelled is tried again. */
  weCancelled: boolean;
}

export interface Collected extends Standing {
  /** Absent: no output is worth another try. */
  next?: RoundPlan;
  anomalies: number;
}

export interface ReportInput extends StepInput {
  options: Partial<BatchOptions>;
  state: 'ended' | 'cancelled';
  estimatedUsd?: number;
  startedAt: number;
  jobs: { name: string; round: number; submission: number; state: JobState }[];
  notes: string[];
  retryId?: string;
}

export interface SaveProgressInput extends StepInput {
  options: Partial<BatchOptions>;
  progress: BatchProgress;
}

export interface CancelJobInput extends StepInput {
  job: string;
}

export interface PutScheduledInput extends StepInput {
  /** The schedule's own, in the store. */
  manifest: NonNullable<ImageBatchInput['manifest']>;
}

/** What a firing's batch is made of, and what is said of it in Temporal's pages. */
export interface ScheduledManifest {
  /** The batch's own. */
  manifest: NonNullable<ImageBatchInput['manifest']>;
  fingerprint: string;
  summary: string;
}

/** One event for one target. */
export interface NotifyInput extends StepInput {
  /** The same over all deliveries: `webhook-id`. */
  id: string;
  event: WebhookEvent;
  target: NotifyTarget;
}
