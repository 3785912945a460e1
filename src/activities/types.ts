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
import type { KnownBatch } from '../contract/known.ts';

/**
 * The store, endpoint and key that a batch belongs to. Every step names them, and a worker with others refuses the
 * step. So two machines with different folders, an emulator beside the real API, or two Google projects never mix.
 */
export interface Where {
  store?: string;
  endpoint?: string;
  /** A hash of the Gemini key: it tells two keys apart and reveals neither. */
  keyFingerprint?: string;
}

/** What the workflow knows of its batch, for a step that needs it in the store. */
export interface Expected extends KnownBatch {
  /** The last round whose answers were collected. */
  collected?: number;
}

export interface StepInput {
  batchId: string;
  where: Where;
  /** What the store must have. Steps without it work with a store that lost some of it. */
  known?: Expected;
}

export interface RoundInput extends StepInput {
  round: number;
}

/** A round to do. */
export interface RoundPlan {
  round: number;
  outputs: number;
  /** The most that this round can cost, USD; undefined where the model's price is unknown. */
  worstUsd?: number;
  /** The round has a permit, so its job may have been created. */
  submitted?: true;
}

export interface Standing {
  counts: OutputCounts;
  actualUsd: number;
}

/** What a batch may still cost by the permits in the store, over all rounds and runs. */
export interface Reserves {
  /** The most that its submissions may cost whose cost is not known, USD. */
  reservedUsd: number;
  /** How many of them have no answer, so that an operator can settle them. */
  unanswered: number;
}

/** Where a batch stands, with what it may still cost. */
export interface Account extends Standing {
  reserves: Reserves;
}

export interface PrepareInput extends StepInput {
  input: ImageBatchInput;
  /** Of the manifest, set where the client that started the batch computed it; unset: computed by the first `prepare`. */
  fingerprint?: string;
  /** What the workflow knows already; unset: earlier runs may know something. */
  before?: KnownBatch;
  /** Temporal has no earlier run of the batch. */
  isFirstRun?: true;
  /** An operator lets the batch continue with a store that has lost what Temporal knows. */
  mayRestore?: true;
  /** When this run of the batch began, ms since 1970. Absent: it is known already. */
  startedAt?: number;
}

export interface Prepared extends Account {
  where: Required<Where>;
  model: string;
  estimatedUsd?: number;
  outputs: number;
  /** The saved run options, where the input names no manifest. */
  options?: Partial<BatchOptions>;
  /** The result of a batch that ended before: nothing is left to do. */
  finished?: BatchResult;
  /** The round to do next: an open one or a new one. Absent: only the report is left. */
  next?: RoundPlan;
  /** The first round of this run: tries before a retry do not count. */
  firstRound: number;
  /** `next` finishes an open round of an earlier run. Prepare again after it, for the outputs of this retry. */
  retryFollows: boolean;
  /** The search attributes of hummingbatch that this namespace has. */
  searchAttributes: string[];
  /** The batch's nonce, and the submissions that Temporal knows. */
  known: KnownBatch;
}

export interface Staged {
  /** The uploaded request file, `files/…`. */
  file: string;
  bytes: number;
  references: number;
  /** Bytes that this call uploaded: 0 where all files were fresh. */
  uploadedBytes: number;
}

/** A search for the jobs of a round. */
export interface SearchInput extends RoundInput {
  /** The pause between two passes over LIST, ms. */
  pauseMs: number;
}

export interface FindJobInput extends SearchInput {
  /**
   * A job that an operator names as this round's. It is adopted where its display name at Google says so. `none`: no submission
   * without an answer made a job, in any round.
   */
  named?: string;
  /** Permits of the round that an operator lets it restore. */
  restores?: KnownBatch;
}

export interface FoundJob {
  job: string;
  submission: number;
}

/** A submission whose outcome is unknown: it may have created a job. */
export interface Unanswered {
  submission: number;
  /** How many submissions of the round in a row, up to this one, have no answer. */
  inARow: number;
  /** When its POST is over at the latest, ms since 1970. The window in which its job may appear in LIST starts then. */
  overBy: number;
}

export interface Search {
  /** The job to continue with: it runs or has a result. */
  found?: FoundJob;
  /** Further jobs of this round that run or have a result: stragglers of a submission whose answer was lost. */
  extras: FoundJob[];
  /** The last permit, where it has no answer and no job of it was found. */
  unanswered?: Unanswered;
  /** Jobs of the round that Google does not know any more. */
  gone?: string[];
  /** The number of the next submission. */
  next: number;
  /** The job that an operator named is one of this round's, and is recorded. */
  adopted?: true;
  reserves: Reserves;
}

export interface CreateJobInput extends RoundInput {
  submission: number;
  /** What its permit reserves, USD. Absent where the model's price is unknown. */
  worstUsd?: number;
}

/** See `Creation` of the Gemini client, as plain data for the history. */
export type Submitted =
  | { kind: 'created'; job: string }
  | { kind: 'refused'; code: ErrorCode; message: string; retryAfterMs?: number }
  | { kind: 'unknown'; message: string; overBy: number };

/**
 * When a check also searches for further jobs of its round: `at-end` only if it finds that its job has ended; `now`
 * always.
 */
export type SearchWhen = 'never' | 'at-end' | 'now';

export interface CheckJobInput extends SearchInput {
  job: string;
  search: SearchWhen;
  /** When the job was submitted, ms since 1970: gives the job's age where Google's `createTime` is unreadable. */
  submittedAt: number;
  minIntervalMs: number;
  maxIntervalMs: number;
}

export interface JobStatus {
  job: string;
  state: JobState;
  /** Google's spelling of a state that hummingbatch does not know. */
  wireState?: string;
  ended: boolean;
  pending: number;
  successful: number;
  failed: number;
  resultFile?: string;
  error?: { code: number; message: string };
  /** The job's age by Google's clock, where its answer says the time. */
  ageMs: number;
  /** Until the next check: finite, clamped, jittered. */
  nextCheckMs: number;
  /** Further jobs of the round that run or have a result; absent where no search was made. */
  others?: FoundJob[];
}

/** A job that has ended and must be collected. */
export interface EndedJob {
  job: string;
  state: JobState;
  resultFile?: string;
  /** The number of answered outputs that the result file should hold, by the job's counters. */
  expectedLines: number;
  /** Its results were paid for and are gone, and so is their usage. */
  lost?: true;
}

export interface CollectInput extends RoundInput {
  jobs: EndedJob[];
  /** The first round of this run: 1, or the first round of a retry. */
  firstRound: number;
  /** The number of the last round allowed. */
  maxRounds: number;
  /** The batch is being cancelled: cancelled outputs are not tried again. */
  weCancelled: boolean;
  /** Other jobs of the round run: it stays open, and no further round is chosen. */
  isPartial?: boolean;
}

export interface Collected extends Account {
  /** Absent: no output gets another try. */
  next?: RoundPlan;
  anomalies: number;
}

export interface ReportInput extends StepInput {
  options: Partial<BatchOptions>;
  state: 'ended' | 'cancelled';
  estimatedUsd?: number;
  startedAt: number;
  jobs: readonly { name: string; round: number; submission: number; state: JobState }[];
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
  /** The schedule's manifest in the store. */
  manifest: NonNullable<ImageBatchInput['manifest']>;
}

/** The manifest of a firing's batch, and its summary for the Temporal UI. */
export interface ScheduledManifest {
  /** The batch's copy. */
  manifest: NonNullable<ImageBatchInput['manifest']>;
  fingerprint: string;
  summary: string;
}

/** One event for one target. */
export interface NotifyInput extends StepInput {
  /** The header `webhook-id`, the same in all deliveries of the event. */
  id: string;
  event: WebhookEvent;
  target: NotifyTarget;
}
