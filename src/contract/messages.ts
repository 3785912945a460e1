import type { QueryDefinition, SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { ADOPTED_JOB } from './job-name.ts';
import type { BatchProgress } from './progress.ts';
import { boolean, type Infer, number, object, optional, text } from './rules.ts';

/*
 * The messages of the workflow. Plain constants, so that the client can send them without the workflow's code; the brands of
 * Temporal's definitions exist at compile time only.
 */

export const APPROVE_REQUEST = object(
  'the approval',
  {
    approved: optional(boolean({ example: true }), {
      description: '`false` refuses the batch, which then ends as FAILED and costs nothing.',
      default: true,
    }),
  },
  {
    id: 'ApproveRequest',
    description:
      'The argument of the update `approve`, which may be left out: starts a batch whose price is above `approveAboveUsd`, or refuses it.',
  },
);
export type ApproveRequest = Infer<typeof APPROVE_REQUEST>;

export const SET_BUDGET_REQUEST = object(
  'the budget',
  {
    maxCostUsd: number({
      min: 0,
      must: 'an amount in USD, 0 or more',
      example: 40,
      description: 'The most that the batch may cost over all rounds, USD.',
    }),
  },
  {
    id: 'SetBudgetRequest',
    description: 'The argument of the update `setBudget`. A batch that stopped for its budget continues.',
  },
);
export type SetBudgetRequest = Infer<typeof SET_BUDGET_REQUEST>;

export const ADOPT_REQUEST = object(
  'the adoption',
  { job: ADOPTED_JOB },
  {
    id: 'AdoptRequest',
    description:
      'The argument of the update `adopt`: settles a submission that may or may not have made a job.',
  },
);
export type AdoptRequest = Infer<typeof ADOPT_REQUEST>;

/** Not checked by the workflow: an event of any shape must not fail a workflow task. */
export const JOB_EVENT = object(
  'the event',
  {
    job: optional(
      text(() => true, { json: { examples: ['batches/abc123'] } }),
      {
        description:
          'Google’s name of the job. The batch ignores an event of a job that it does not wait for.',
      },
    ),
  },
  {
    id: 'JobEvent',
    description: 'The argument of the signal `jobEvent`: the job has changed, and the batch checks it.',
  },
);

/** What an update answers: where the batch stands after the update was accepted. */
export type Accepted = BatchProgress;

export const progressQuery = { type: 'query', name: 'progress' } as QueryDefinition<BatchProgress>;

/** Starts a batch whose price is above `approveAboveUsd`, or refuses it. */
export const approveUpdate = { type: 'update', name: 'approve' } as UpdateDefinition<
  Accepted,
  [ApproveRequest]
>;
/** Continues at the step at which the batch stopped. */
export const retryUpdate = { type: 'update', name: 'retry' } as UpdateDefinition<Accepted>;
/** Ends a stopped batch with the outputs that are finished. */
export const acceptUpdate = { type: 'update', name: 'accept' } as UpdateDefinition<Accepted>;
/** Settles a submission that may or may not have made a job. */
export const adoptUpdate = { type: 'update', name: 'adopt' } as UpdateDefinition<Accepted, [AdoptRequest]>;
/** Changes what the batch may cost. */
export const setBudgetUpdate = { type: 'update', name: 'setBudget' } as UpdateDefinition<
  Accepted,
  [SetBudgetRequest]
>;

/** Checks the job now instead of at the next check. */
export const checkNowUpdate = { type: 'update', name: 'checkNow' } as UpdateDefinition<Accepted>;

/** The job has changed, says a source outside; the batch checks it. */
export const jobEventSignal = { type: 'signal', name: 'jobEvent' } as SignalDefinition<
  [Infer<typeof JOB_EVENT>]
>;
