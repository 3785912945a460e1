import { z } from 'zod';
import {
  BATCH_STATES,
  type BatchProgress,
  ERROR_CODES,
  JOB_STATES,
  type OutputCounts,
  STEPS,
  type Stop,
} from '../../contract/index.ts';

const count = z.int().min(0);
const usd = z.number();
const time = z.iso.datetime();

export const counts = z
  .object({ total: count, image: count, refused: count, failed: count, missing: count })
  .meta({
    id: 'OutputCounts',
    description:
      'Outputs by what became of them. `missing` counts only what a job was asked for and did not answer.',
  }) satisfies z.ZodType<OutputCounts>;

const job = z
  .object({
    name: z.string().meta({ description: 'Google’s name, `batches/…`.' }),
    round: count,
    submission: count,
    state: z.enum(JOB_STATES),
  })
  .meta({ id: 'Job', description: 'A Gemini batch job of the batch.' });

const stop = z
  .object({
    step: z.enum(STEPS),
    code: z.enum(ERROR_CODES),
    message: z.string().meta({ description: 'What happened.' }),
    fix: z.string().meta({ description: 'What to do.' }),
    since: time,
    nextTry: time.optional().meta({ description: 'When it tries again by itself, where it does.' }),
  })
  .meta({ id: 'Stop', description: 'Why a batch stands still and what goes on.' }) satisfies z.ZodType<Stop>;

export const batch = z
  .object({
    batchId: z.string(),
    state: z.enum(BATCH_STATES).meta({
      description:
        'COMPLETED, COMPLETED_WITH_FAILURES, CANCELLED and FAILED are ends; NEEDS_ATTENTION is open and waits for a person.',
    }),
    model: z.string().optional().meta({ description: 'Google’s id of the model.' }),
    labels: z.array(z.string()).optional(),
    round: count.meta({ description: '0 until the first round begins.' }),
    outputs: counts,
    job: z.string().optional().meta({ description: 'The job of this round.' }),
    jobs: z.array(job),
    check: z
      .object({
        number: count,
        jobState: z.enum(JOB_STATES),
        pending: count,
        successful: count,
        failed: count,
      })
      .optional()
      .meta({ description: 'What the last check said of the job’s rows.' }),
    lastCheck: time.optional(),
    nextCheck: time.optional(),
    quota: z
      .object({ since: time, nextTry: time })
      .optional()
      .meta({ description: 'Google is at its limit; the batch waits and tries again by itself.' }),
    stop: stop.optional(),
    costUsd: z.object({ estimated: usd, actual: usd }),
    maxCostUsd: usd.optional().meta({ description: 'What it may cost over all rounds; absent: no limit.' }),
    startedAt: time,
    endedAt: time.optional(),
  })
  .meta({
    id: 'Batch',
    description: 'Where a batch stands. Times are UTC, amounts US dollars.',
  }) satisfies z.ZodType<BatchProgress>;
