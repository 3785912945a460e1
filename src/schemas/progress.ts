import { z } from 'zod';
import {
  BATCH_STATES,
  type BatchProgress,
  type BatchResult,
  type Cost,
  END_STATES,
  ERROR_CODES,
  JOB_STATES,
  type JobSummary,
  type OutputCounts,
  STEPS,
  type Stop,
} from '../contract/index.ts';
import { action } from './actions.ts';

const count = (description: string) => z.int().min(0).meta({ description });
const usd = (description: string) => z.number().meta({ description });
const time = (description: string) => z.iso.datetime().meta({ description });

export const counts = z
  .object({
    total: count('All that the batch is to make.'),
    image: count('An image is there.'),
    refused: count('Refused by a policy of the model.'),
    failed: count('Answered with an error.'),
    missing: count('A job was asked for it and did not answer.'),
  })
  .meta({
    id: 'OutputCounts',
    description:
      'Outputs by what became of them. `missing` counts only what a job was asked for and did not answer.',
  }) satisfies z.ZodType<OutputCounts>;

export const cost = z
  .object({
    estimated: usd('Before anything was sent, USD.'),
    actual: usd('From the usage of every answer so far, refused ones too, USD.'),
  })
  .meta({ id: 'Cost', description: 'What the batch costs, USD.' }) satisfies z.ZodType<Cost>;

const job = z
  .object({
    name: z.string().meta({ description: 'Google’s name, `batches/…`.' }),
    round: count('The round that it is of, from 1.'),
    submission: count('Which submission of its round it came from, from 1.'),
    state: z.enum(JOB_STATES).meta({ description: 'Google’s word without its prefix.' }),
  })
  .meta({ id: 'Job', description: 'A Gemini batch job of the batch.' }) satisfies z.ZodType<JobSummary>;

export const stop = z
  .object({
    step: z.enum(STEPS).meta({ description: 'At which it happened.' }),
    code: z.enum(ERROR_CODES).meta({ description: 'Why, of a closed set.' }),
    message: z.string().meta({ description: 'What happened.' }),
    fix: z.string().meta({ description: 'What to do, one sentence.' }),
    actions: z.array(action).meta({ description: 'What an operator can do, the likeliest first.' }),
    since: time('When it stopped.'),
    nextTry: time('When it tries again automatically, where it does.').optional(),
  })
  .meta({
    id: 'Stop',
    description: 'Why a batch stopped or failed, and what to do.',
  }) satisfies z.ZodType<Stop>;

export const batch = z
  .object({
    batchId: z.string().meta({ description: 'The batch’s id.' }),
    state: z.enum(BATCH_STATES).meta({
      description:
        'COMPLETED, COMPLETED_WITH_FAILURES, CANCELLED and FAILED are ends; NEEDS_ATTENTION is open and waits for a person.',
    }),
    model: z.string().optional().meta({ description: 'Google’s id of the model.' }),
    labels: z.array(z.string()).optional().meta({ description: 'What it is found by.' }),
    round: count('0 until the first round begins.'),
    outputs: counts,
    job: z.string().optional().meta({ description: 'The job of this round.' }),
    jobs: z.array(job).meta({ description: 'All of its jobs, in the order of their making.' }),
    check: z
      .object({
        number: count('Which check of this job it was, from 1.'),
        jobState: z.enum(JOB_STATES).meta({ description: 'Google’s word without its prefix.' }),
        pending: count('Rows that are not done.'),
        successful: count('Rows with an answer.'),
        failed: count('Rows with an error.'),
      })
      .optional()
      .meta({ description: 'What the last check said of the job’s rows.' }),
    lastCheck: time('When Google was last asked about the job.').optional(),
    nextCheck: time('When Google is asked next; only while the batch waits for its job.').optional(),
    quota: z
      .object({ since: time('Since when.'), nextTry: time('When it tries again.') })
      .optional()
      .meta({ description: 'Google is at its limit; the batch waits and tries again by itself.' }),
    stop: stop.optional(),
    costUsd: cost,
    maxCostUsd: usd('What it may cost over all rounds, USD; absent: no limit.').optional(),
    startedAt: time('When it was started.'),
    endedAt: time('When it ended.').optional(),
  })
  .meta({
    id: 'Batch',
    description: 'Where a batch stands. Times are UTC, amounts US dollars.',
  }) satisfies z.ZodType<BatchProgress>;

export const batchResult = z
  .object({
    batchId: z.string().meta({ description: 'The batch’s id.' }),
    state: z.enum(END_STATES).meta({
      description:
        'How it ended: COMPLETED, or COMPLETED_WITH_FAILURES where some outputs are no image. A workflow that was cancelled or failed has no result.',
    }),
    outputs: counts,
    rounds: count('How many there were, over all runs.'),
    jobs: z
      .array(z.string())
      .meta({ description: 'Google’s names of all its jobs, in the order of their making.' }),
    costUsd: cost,
  })
  .meta({ id: 'BatchResult', description: 'How a batch ended.' }) satisfies z.ZodType<BatchResult>;
