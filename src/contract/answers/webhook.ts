import { answer, choice, optional, text } from '../rules.ts';
import { BATCH_STATES, WEBHOOK_EVENT_TYPES } from '../words.ts';
import { COST, OUTPUT_COUNTS, STOP } from './progress.ts';

export const WEBHOOK_EVENT = answer(
  {
    type: choice(WEBHOOK_EVENT_TYPES, {
      description:
        '`batch.awaiting-approval`: the price is above `approveAboveUsd`. `batch.stopped`: the batch needs attention. `batch.ended`: its state says how. A later version may have more types: ignore those that you do not know.',
    }),
    timestamp: text((instant) => !Number.isNaN(Date.parse(instant)), {
      description: 'When it happened, UTC; the same in each delivery.',
      json: { format: 'date-time' },
    }),
    data: answer(
      {
        batchId: text(() => true, { description: 'The batch’s id.' }),
        state: choice(BATCH_STATES, { description: 'Where the batch stood then.' }),
        outputs: OUTPUT_COUNTS,
        costUsd: COST,
        stop: optional(STOP, {
          description: 'Why the batch stopped or failed, and what to do. Present only then.',
        }),
      },
      { description: 'The state of the batch, without prompts and images.' },
    ),
  },
  { id: 'WebhookEvent', description: 'The body of a webhook.' },
);
