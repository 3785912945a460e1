import { z } from 'zod';
import type { AdoptRequest, ApproveRequest, SetBudgetRequest } from '../contract/index.ts';

/* What is sent with an update or a signal. */

export const approveRequest = z
  .strictObject({
    approved: z.boolean().optional().meta({
      description: '`false` refuses the batch, which then ends as FAILED and unpaid.',
      default: true,
    }),
  })
  .meta({
    id: 'ApproveRequest',
    description:
      'The argument of the update `approve`, which may be left out: lets a batch go whose price is above `approveAboveUsd`, or refuses it.',
  }) satisfies z.ZodType<ApproveRequest>;

export const setBudgetRequest = z
  .strictObject({
    maxCostUsd: z.number().min(0).meta({ description: 'What the batch may cost over all rounds, USD.' }),
  })
  .meta({
    id: 'SetBudgetRequest',
    description: 'The argument of the update `setBudget`. A batch that stopped for its budget goes on.',
  }) satisfies z.ZodType<SetBudgetRequest>;

export const adoptRequest = z
  .strictObject({
    job: z
      .string()
      .regex(/^(none|batches\/[A-Za-z0-9_-]{1,100})$/)
      .meta({
        description:
          'Google’s name of the job to take as this round’s; or `none`: there is no such job, make another.',
        examples: ['batches/abc123', 'none'],
      }),
  })
  .meta({
    id: 'AdoptRequest',
    description:
      'The argument of the update `adopt`: settles a submission of which nobody knows whether it made a job.',
  }) satisfies z.ZodType<AdoptRequest>;

export const jobEvent = z
  .object({
    job: z
      .string()
      .optional()
      .meta({
        description: 'Google’s name of the job; an event of another one than the batch waits for is ignored.',
        examples: ['batches/abc123'],
      }),
  })
  .meta({
    id: 'JobEvent',
    description: 'The argument of the signal `jobEvent`: the job changed, and the batch looks for itself.',
  });
