import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { BatchProgress } from './progress.ts';

/**
 * The messages of the workflow. Plain constants and types, so that the client can send them without the workflow's code;
 * the brands of Temporal's definitions exist at compile time only.
 */
function message<Definition>(type: string, name: string): Definition {
  return { type, name } as Definition;
}

export interface ApproveRequest {
  /** `false` refuses the batch, which then ends as FAILED. Default true. */
  approved?: boolean;
}

export interface SetBudgetRequest {
  /** USD, over all rounds. */
  maxCostUsd: number;
}

export interface AdoptRequest {
  /** The job to take as this round's, `batches/…`; or `none`: there is no such job, make another. */
  job: string;
}

/** What an update answers: where the batch stands after it was accepted. */
export type Accepted = BatchProgress;

export const progressQuery = message<QueryDefinition<BatchProgress>>('query', 'progress');

/** Lets a batch go whose price is above `approveAboveUsd`, or refuses it. */
export const approveUpdate = message<UpdateDefinition<Accepted, [ApproveRequest]>>('update', 'approve');
/** Goes on from the step at which the batch stopped. */
export const retryUpdate = message<UpdateDefinition<Accepted>>('update', 'retry');
/** Ends a stopped batch with what is there. */
export const acceptUpdate = message<UpdateDefinition<Accepted>>('update', 'accept');
/** Settles a submission of which nobody knows whether it made a job. */
export const adoptUpdate = message<UpdateDefinition<Accepted, [AdoptRequest]>>('update', 'adopt');
/** Changes what the batch may cost. */
export const setBudgetUpdate = message<UpdateDefinition<Accepted, [SetBudgetRequest]>>('update', 'setBudget');

/** Asks Google now instead of at the next check. */
export const checkNowSignal = message<SignalDefinition>('signal', 'checkNow');
/** Something from outside says that the job changed; the batch looks for itself. */
export const jobEventSignal = message<SignalDefinition<[{ job?: string }]>>('signal', 'jobEvent');
