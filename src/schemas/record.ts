import { z } from 'zod';
import {
  FLAGS,
  type ImageFile,
  OUTCOMES,
  type OutputRecord,
  REASONS,
  type Usage,
} from '../contract/index.ts';

const imageFile = z.object({
  file: z
    .string()
    .meta({ description: 'Relative to the batch’s folder; over HTTP GET /v1/batches/{batchId}/{file}.' }),
  mime: z.string().meta({ description: 'From its bytes, such as `image/jpeg`.' }),
  width: z.int().min(0).meta({ description: 'Pixels.' }),
  height: z.int().min(0).meta({ description: 'Pixels.' }),
  bytes: z.int().min(0).meta({ description: 'Its length.' }),
  sha256: z.string().meta({ description: 'Of its bytes, hex.' }),
}) satisfies z.ZodType<ImageFile>;

const usage = z.object({
  input: z.int().min(0).meta({ description: 'Tokens of the request.' }),
  text: z.int().min(0).meta({ description: 'Tokens that became text, thoughts included.' }),
  image: z.int().min(0).meta({ description: 'Tokens that became images.' }),
}) satisfies z.ZodType<Usage>;

/** An open object: records of later versions may say more. */
export const record = z
  .looseObject({
    output: z.string().meta({ description: '`key#n`, n from 1.' }),
    key: z.string().meta({ description: 'Of its item.' }),
    outcome: z.enum(OUTCOMES).meta({
      description:
        '`image`: it is there. `refused`: a policy of the model. `failed`: an error. `missing`: no answer at all.',
    }),
    flags: z.array(z.enum(FLAGS)).meta({ description: 'Doubts about an image that is there.' }),
    ...imageFile.partial().shape,
    alternates: z
      .array(imageFile)
      .optional()
      .meta({ description: 'Further images that were billed for this output, kept beside the first.' }),
    reason: z.enum(REASONS).optional().meta({ description: 'Why there is no image, of a closed set.' }),
    message: z
      .string()
      .optional()
      .meta({ description: 'What happened; Google’s sentence where it gave one.' }),
    text: z.string().optional().meta({ description: 'What the model said.' }),
    retryable: z
      .boolean()
      .optional()
      .meta({ description: 'Whether another try may help; only where there is no image.' }),
    round: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'Of the answer that counts; absent where no job ever held the output.' }),
    job: z.string().optional().meta({ description: 'Of the answer that counts: Google’s name.' }),
    usage: usage.optional().meta({ description: 'Tokens that Google billed, over all answers to it.' }),
    costUsd: z.number().meta({ description: 'Over all answers to it, USD.' }),
    metadata: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'As the item in the manifest has it.' }),
  })
  .meta({
    id: 'Record',
    description: 'What became of an output. Each output has exactly one.',
  }) satisfies z.ZodType<OutputRecord>;
