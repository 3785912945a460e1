/**
 * The words of the product, as data: states, outcomes, flags. The same in code, messages, files and docs.
 *
 * - **manifest**: the user's file. **item**: one entry with a key, a prompt and a `count`.
 * - **output**: one generated image that is wanted; its id is `key#n`, n from 1.
 * - **batch**: one manifest of at most {@link MAX_OUTPUTS} outputs, one workflow.
 * - **round**: one pass of stage, submit, wait, collect. **job**: the Gemini batch job of a round.
 * - **record**: the line that says what became of an output.
 */

/** The most outputs a batch may have: what the product offers, well under Google's 2 GB of input a job. */
export const MAX_OUTPUTS = 1000;

/** What became of an output. */
export const OUTCOMES = ['image', 'refused', 'failed', 'missing'] as const;
/** `image`: it is there. `refused`: a policy of the model. `failed`: an error. `missing`: no answer at all. */
export type Outcome = (typeof OUTCOMES)[number];

/** A doubt about an image that is there. */
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
/** Where a batch stands. NEEDS_ATTENTION is open: stopped, waiting for a person. */
export type BatchState = OpenState | EndState;

export const BATCH_STATES: readonly BatchState[] = [...OPEN_STATES, ...END_STATES];

/** Whether a batch in this state has ended. */
export function isEnd(state: BatchState): state is EndState {
  return (END_STATES as readonly BatchState[]).includes(state);
}

/** The steps of a batch, in their order; a stop names the one at which it happened. */
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
