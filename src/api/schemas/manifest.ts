import { z } from 'zod';
import { manifestProblem } from './common.ts';

export const validation = z
  .object({
    ok: z.boolean(),
    problems: z.array(manifestProblem),
    warnings: z.array(manifestProblem),
  })
  .meta({ id: 'Validation' });

const usd = z.number().nullable().meta({ description: 'USD; null where the model’s price is not known.' });

export const costComparisonSchema = z
  .object({
    outputs: z.int().min(0),
    batchUsd: usd,
    interactiveUsd: usd,
    savingUsd: usd,
    uploadBytes: z.int().min(0).meta({ description: 'Of the references that were sent.' }),
    usualWaitMs: z.int().min(0),
    maxWaitMs: z.int().min(0),
    advice: z.enum(['batch', 'interactive']),
  })
  .meta({ id: 'Estimate', description: 'The trade, before anything is paid.' });

export const created = z
  .object({
    batchId: z.string(),
    workflowId: z.string().meta({ description: 'Of its Temporal workflow.' }),
    attached: z.boolean().meta({ description: 'The batch was there before; nothing was started.' }),
    url: z.string(),
    warnings: z.array(manifestProblem),
  })
  .meta({ id: 'Started' });
