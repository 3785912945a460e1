import { z } from 'zod';
import { manifestProblem } from './common.ts';

export const validation = z
  .object({
    ok: z.boolean(),
    problems: z.array(manifestProblem),
    warnings: z.array(manifestProblem),
  })
  .meta({ id: 'Validation' });

const usd = z.number().nullable().meta({ description: 'USD; null if the price of the model is not known.' });

export const costComparisonSchema = z
  .object({
    outputs: z.int().min(0),
    batchUsd: usd,
    interactiveUsd: usd,
    savingUsd: usd,
    uploadBytes: z.int().min(0).meta({ description: 'Size of the references in the request.' }),
    usualWaitMs: z.int().min(0),
    maxWaitMs: z.int().min(0),
    advice: z.enum(['batch', 'interactive']),
  })
  .meta({ id: 'Estimate', description: 'Cost and duration as a batch, compared with interactive requests.' });

export const created = z
  .object({
    batchId: z.string(),
    workflowId: z.string().meta({ description: 'Id of its Temporal workflow.' }),
    attached: z.boolean().meta({ description: 'The batch existed before; nothing was started.' }),
    url: z.string(),
    warnings: z.array(manifestProblem),
  })
  .meta({ id: 'Started' });
