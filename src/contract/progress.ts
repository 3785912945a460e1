import type { Action } from './actions.ts';
import type { ErrorCode } from './errors.ts';
import type { BatchState, EndState, Outcome, Step } from './words.ts';

/** Outputs by outcome. `missing` counts only what a job was asked for and did not answer. */
export type OutputCounts = Record<Outcome, number> & { total: number };

export interface Cost {
  /** Before anything was sent, USD. */
  estimated: number;
  /** From the usage of every answer so far, refused ones too, USD. */
  actual: number;
}

/** A Gemini batch job of this batch. */
export interface JobSummary {
  /** `batches/…` */
  name: string;
  round: number;
  submission: number;
  state: JobState;
}

/** Google's states without their prefix (`BATCH_STATE_`, `JOB_STATE_`); `UNKNOWN` is a spelling we do not know: not an end. */
export const JOB_STATES = [
  'PENDING',
  'RUNNING',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
  'EXPIRED',
  'UNKNOWN',
] as const;
/** See {@link JOB_STATES}. */
export type JobState = (typeof JOB_STATES)[number];

/** Why a batch stopped or failed, and what to do. */
export interface Stop {
  step: Step;
  code: ErrorCode;
  /** What happened, one sentence. */
  message: string;
  /** What to do, one sentence. */
  fix: string;
  /** What an operator can do, the likeliest first. */
  actions: readonly Action[];
  /** ISO time. */
  since: string;
  /** ISO time of the next try without a person; only for what mends itself. */
  nextTry?: string;
}

/** Where a batch stands: the answer of the query `progress`. Times are ISO 8601 in UTC. */
export interface BatchProgress {
  batchId: string;
  state: BatchState;
  model?: string;
  labels?: readonly string[];
  /** 0 until the first round begins. */
  round: number;
  outputs: OutputCounts;
  /** The job of this round. */
  job?: string;
  jobs: JobSummary[];
  /** What the last check said of the job's rows. */
  check?: { number: number; jobState: JobState; pending: number; successful: number; failed: number };
  lastCheck?: string;
  nextCheck?: string;
  /** Google is at its limit; the batch waits and tries again by itself. */
  quota?: { since: string; nextTry: string };
  stop?: Stop;
  costUsd: Cost;
  /** What it may cost over all rounds, USD; absent: no limit. */
  maxCostUsd?: number;
  startedAt: string;
  endedAt?: string;
}

/** What the workflow returns. */
export interface BatchResult {
  batchId: string;
  state: EndState;
  outputs: OutputCounts;
  rounds: number;
  /** Names of all jobs, in the order of their making. */
  jobs: string[];
  costUsd: Cost;
}
