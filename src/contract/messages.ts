import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import type { BatchProgress } from './progress.ts';

/*
 * The messages of the workflow. Plain constants and types, so that the client can send them without the workflow's code;
 * the brands of Temporal's definitions exist at compile time only.
 */

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

export const progressQuery = { type: 'query', name: 'progress' } as QueryDefinition<BatchProgress>;

/** Lets a batch go whose price is above `approveAboveUsd`, or refuses it. */
export const approveUpdate = { type: 'update', name: 'approve' } as UpdateDefinition<
  Accepted,
  [ApproveRequest]
>;
/** Goes on from the step at which the batch stopped. */
export const retryUpdate = { type: 'update', name: 'retry' } as UpdateDefinition<Accepted>;
/** Ends a stopped batch with what is there. */
export const acceptUpdate = { type: 'update', name: 'accept' } as UpdateDefinition<Accepted>;
/** Settles a submission of which nobody knows whether it made a job. */
export const adoptUpdate = { type: 'update', name: 'adopt' } as UpdateDefinition<Accepted, [AdoptRequest]>;
/** Changes what the batch may cost. */
export const setBudgetUpdate = { type: 'update', name: 'setBudget' } as UpdateDefinition<
  Accepted,
  [SetBudgetRequest]
>;

/** Asks Google now instead of at the next check. */
export const checkNowUpdate = { type: 'update', name: 'checkNow' } as UpdateDefinition<Accepted>;

/** Something from outside says that the job changed; the batch looks for itself. */
export const jobEventSignal = { type: 'signal', name: 'jobEvent' } as SignalDefinition<[{ job?: string }]>;
