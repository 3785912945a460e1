/**
 * The vocabulary of hummingbatch, and its closed sets of words as data. Code, messages, files and documents use the same words.
 *
 * - **manifest**: the user's file: a model, items, and how the batch is run.
 * - **item**: one entry of a manifest: a key, a prompt and a `count`.
 * - **output**: one image that is wanted; its id is `key#n`, n from 1.
 * - **reference**: an input image that a manifest names and its items use.
 * - **batch**: one manifest of at most {@link MAX_OUTPUTS} outputs, run by one workflow.
 * - **round**: one pass of stage, submit, wait and collect.
 * - **job**: the Gemini batch job of a round.
 * - **record**: the line of `results.jsonl` that says how an output ended. Each output has exactly one.
 * - **outcome**: how an output ended: {@link OUTCOMES}.
 * - **flag**: a defect of an image: {@link FLAGS}.
 * - **state**: where a batch stands: {@link BATCH_STATES}.
 * - **permit**: a create-only file in the store: the right to submit a job, once.
 * - **checkpoint**: a numbered create-only file with the answers that were collected so far.
 * - **straggler**: a job of a round beside the one that the round waits for.
 * - **alternate**: a further image that was billed for an output, kept beside the first one.
 * - **store**: the folder that keeps everything that must last. It decides where Temporal remembers something else.
 * - **fingerprint**: the hash of what a manifest wants; the same content has the same one.
 * - **anomaly**: something odd that was dealt with, listed in the report.
 */

/** The most outputs of a batch: a limit of hummingbatch, well under Google's 2 GB of input for a job. */
export const MAX_OUTPUTS = 1000;

/** How an output ended. */
export const OUTCOMES = ['image', 'refused', 'failed', 'missing'] as const;
/** `image`: there is one. `refused`: by a policy of the model. `failed`: an error. `missing`: no answer at all. */
export type Outcome = (typeof OUTCOMES)[number];

/** A defect of an image that exists. */
export const FLAGS = [
  'wrong-ratio',
  'wrong-size',
  'interim-only',
  'duplicate-answer',
  'mime-mismatch',
] as const;
/** See {@link FLAGS}. */
export type Flag = (typeof FLAGS)[number];

/** Where a batch can stand while it is open. */
export const OPEN_STATES = [
  'PREPARING',
  'AWAITING_APPROVAL',
  'STAGING',
  'SUBMITTING',
  'WAITING',
  'COLLECTING',
  'REPORTING',
  'CANCELLING',
  'NEEDS_ATTENTION',
] as const;
/** How a batch can have ended. */
export const END_STATES = ['COMPLETED', 'COMPLETED_WITH_FAILURES', 'CANCELLED', 'FAILED'] as const;

export type OpenState = (typeof OPEN_STATES)[number];
export type EndState = (typeof END_STATES)[number];
/** Where a batch stands. NEEDS_ATTENTION is open: the batch stopped and waits for an operator. */
export type BatchState = OpenState | EndState;

export const BATCH_STATES: readonly BatchState[] = [...OPEN_STATES, ...END_STATES];

/** Whether a batch in this state has ended. */
export function isEnd(state: BatchState): state is EndState {
  return (END_STATES as readonly BatchState[]).includes(state);
}

/** The steps of a batch, in their order. A stop names the step at which it happened. */
export const STEPS = [
  'prepare',
  'approve',
  'stage',
  'submit',
  'wait',
  'collect',
  'report',
  'cancel',
] as const;
/** See {@link STEPS}. */
export type Step = (typeof STEPS)[number];

/**
 * Google's states of a job without their prefix (`BATCH_STATE_`, `JOB_STATE_`). `UNKNOWN` is a spelling that we do not know; it
 * is not an end.
 */
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

/**
 * Why an output is not an image. A closed set: Google's reasons are mapped to it, and its own sentence is kept beside it.
 *
 * - policy: `prohibited-content`, `image-prohibited-content`, `recitation`, `blocklist`, `spii`, `prompt-blocked`, `safety`, `image-safety`
 * - weak: `no-image`, `text-only`, `max-tokens`, `other`, `image-other`, `undecodable`, `unknown-code`
 * - row errors: `invalid` (3), `deadline` (4), `quota` (8), `internal` (13), `unavailable` (14), `cancelled` (1)
 * - ours: `malformed` (a line that is not an answer), `reference-expired`, `no-answer`, `job-expired`, `job-failed`
 */
export const REASONS = [
  'prohibited-content',
  'image-prohibited-content',
  'recitation',
  'blocklist',
  'spii',
  'prompt-blocked',
  'safety',
  'image-safety',
  'no-image',
  'text-only',
  'max-tokens',
  'other',
  'image-other',
  'undecodable',
  'unreadable',
  'unknown-code',
  'invalid',
  'deadline',
  'quota',
  'internal',
  'unavailable',
  'cancelled',
  'malformed',
  'reference-expired',
  'no-answer',
  'job-expired',
  'job-failed',
] as const;
/** See {@link REASONS}. */
export type Reason = (typeof REASONS)[number];

/**
 * The events that are sent to webhooks. `batch.awaiting-approval`: the price is above `approveAboveUsd`. `batch.stopped`: the
 * batch needs attention. `batch.ended`: its state says how.
 */
export const WEBHOOK_EVENT_TYPES = ['batch.awaiting-approval', 'batch.stopped', 'batch.ended'] as const;
/** See {@link WEBHOOK_EVENT_TYPES}. */
export type WebhookEventType = (typeof WEBHOOK_EVENT_TYPES)[number];
