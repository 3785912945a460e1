import { z } from 'zod';
import { type Action, OUTCOMES } from '../contract/index.ts';

const batchId = z.string().meta({ description: 'The batch’s id.' });
const schedule = z.string().meta({ description: 'The schedule’s name.' });

/** Of one batch, without anything to choose. */
const plain = z.object({
  action: z.enum(['status', 'watch', 'results', 'check-now', 'cancel']).meta({
    description:
      'Shows where the batch stands; follows it; lists its records; asks Google at once; ends it and keeps what its job has finished.',
  }),
  batchId,
});

const approve = z.object({
  action: z.literal('approve').meta({ description: 'Lets a batch start, or ends it unpaid.' }),
  batchId,
  approved: z.boolean().meta({ description: '`false` ends it.' }),
});

const retry = z.object({
  action: z.literal('retry').meta({ description: 'Continues at the step where the batch stopped.' }),
  batchId,
  paysAgain: z
    .literal(true)
    .optional()
    .meta({ description: 'It submits a round again that was paid for, because its answers are gone.' }),
});

const retryOutputs = z.object({
  action: z.literal('retry-outputs').meta({
    description: 'Makes outputs of an ended batch again, as a new run, which is paid.',
  }),
  batchId,
  outcomes: z
    .array(z.enum(OUTCOMES))
    .optional()
    .meta({ description: 'Outputs with one of these. Default: `failed` and `missing`.' }),
});

const accept = z.object({
  action: z.literal('accept').meta({ description: 'Ends a stopped batch with what it has.' }),
  batchId,
  leavesJob: z
    .literal(true)
    .optional()
    .meta({ description: 'Its job stays at Google and is billed. A later retry collects it.' }),
});

const adopt = z.object({
  action: z
    .literal('adopt')
    .meta({ description: 'Settles a submission of which nobody knows whether it made a job.' }),
  batchId,
  job: z.string().optional().meta({
    description:
      'Absent: the operator names a job of Google’s list. `none`: submits another; if Google has the first one too, both are paid.',
  }),
});

const setBudget = z.object({
  action: z.literal('set-budget').meta({ description: 'Changes what the batch may cost, and continues.' }),
  batchId,
  maxCostUsd: z.number().optional().meta({
    description: 'The least that lets the next round start, USD. Absent: the operator chooses.',
  }),
});

const startBatch = z.object({
  action: z.literal('start-batch').meta({ description: 'Starts another batch.' }),
  newId: z.literal(true).optional().meta({ description: 'Under an id that no batch has yet.' }),
});

const general = z.object({
  action: z
    .enum([
      'list-batches',
      'validate',
      'init',
      'start-worker',
      'start-local',
      'doctor',
      'help',
      'list-schedules',
    ])
    .meta({
      description:
        'Lists the batches; checks a manifest; writes one; starts a worker; starts a local Temporal server with a worker and the API; checks what a batch needs; lists what can be done; lists the schedules.',
    }),
});

const ofSchedule = z.object({
  action: z
    .enum(['trigger-schedule', 'pause-schedule', 'delete-schedule'])
    .meta({ description: 'Fires it now; lets it fire no more until it is resumed; deletes it.' }),
  schedule,
});

/** The kinds of an action, by the shape of their fields. */
export const ACTION_KINDS = [
  plain,
  approve,
  retry,
  retryOutputs,
  accept,
  adopt,
  setBudget,
  startBatch,
  general,
  ofSchedule,
] as const;

export const action = z.discriminatedUnion('action', ACTION_KINDS).meta({
  id: 'Action',
  description: 'Something that an operator can do next, as data.',
}) satisfies z.ZodType<Action>;
