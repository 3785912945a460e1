import { z } from 'zod';
import { BATCH_STATES, WEBHOOK_EVENT_TYPES, type WebhookEvent } from '../contract/index.ts';
import { cost, counts, stop } from './progress.ts';

export const webhookEvent = z
  .object({
    type: z.enum(WEBHOOK_EVENT_TYPES).meta({
      description:
        '`batch.awaiting-approval`: its price is above `approveAboveUsd`. `batch.stopped`: it needs attention. `batch.ended`: it is over, and its state says how. A later version may have more: leave alone what you do not know.',
    }),
    timestamp: z.iso.datetime().meta({ description: 'When it happened, UTC; the same in each delivery.' }),
    data: z
      .object({
        batchId: z.string().meta({ description: 'The batch’s id.' }),
        state: z.enum(BATCH_STATES).meta({ description: 'Where it stood then.' }),
        outputs: counts,
        costUsd: cost,
        stop: stop.optional(),
      })
      .meta({ description: 'Thin, without prompts or images; whoever wants more asks for the batch.' }),
  })
  .meta({ id: 'WebhookEvent', description: 'The body of a webhook.' }) satisfies z.ZodType<WebhookEvent>;
