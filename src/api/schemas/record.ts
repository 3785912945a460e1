import { z } from 'zod';
import { FLAGS, OUTCOMES, type OutputRecord, REASONS } from '../../contract/index.ts';

const imageFile = {
  file: z.string().meta({ description: 'Relative to the batch: GET /v1/batches/{batchId}/{file}.' }),
  mime: z.string(),
  width: z.int().min(0).meta({ description: 'Pixels.' }),
  height: z.int().min(0).meta({ description: 'Pixels.' }),
  bytes: z.int().min(0),
  sha256: z.string(),
};

/** An open object: records of later versions may say more. */
export const record = z
  .looseObject({
    output: z.string().meta({ description: '`key#n`, n from 1.' }),
    key: z.string(),
    outcome: z.enum(OUTCOMES),
    flags: z.array(z.enum(FLAGS)).meta({ description: 'Doubts about an image that is there.' }),
    ...z.object(imageFile).partial().shape,
    alternates: z.array(z.object(imageFile)).optional(),
    reason: z.enum(REASONS).optional(),
    message: z.string().optional(),
    text: z.string().optional().meta({ description: 'What the model said.' }),
    retryable: z.boolean().optional(),
    round: z.int().min(0).optional(),
    job: z.string().optional(),
    usage: z.object({ input: z.int().min(0), text: z.int().min(0), image: z.int().min(0) }).optional(),
    costUsd: z.number(),
    metadata: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({
    id: 'Record',
    description: 'What became of an output. Each output has exactly one.',
  }) satisfies z.ZodType<OutputRecord>;
