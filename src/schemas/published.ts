import { z } from 'zod';
import { imageBatchInput, scheduledBatchInput } from './input.ts';
import { adoptRequest, approveRequest, jobEvent, setBudgetRequest } from './messages.ts';
import { batch, batchResult } from './progress.ts';
import { record } from './record.ts';
import { webhookEvent } from './webhook.ts';

/** What is published in `docs/contract/`, each as `<name>.schema.json`. */
export const CONTRACT_SCHEMAS = {
  'image-batch-input': imageBatchInput,
  'image-batch-result': batchResult,
  progress: batch,
  approve: approveRequest,
  'set-budget': setBudgetRequest,
  adopt: adoptRequest,
  'job-event': jobEvent,
  'output-record': record,
  'webhook-event': webhookEvent,
  'scheduled-batch-input': scheduledBatchInput,
} as const satisfies Record<string, z.ZodType>;

export type ContractSchema = keyof typeof CONTRACT_SCHEMAS;

/** A schema as it is published: JSON Schema 2020-12, whole in itself. What we send may have more fields in a later version. */
export function contractJsonSchema(name: ContractSchema): object {
  const { $schema, ...rest } = z.toJSONSchema(CONTRACT_SCHEMAS[name], {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => {
      // zod's own, of 400 characters, says nothing more than the format.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      // Every whole number of JavaScript; of no use to anybody.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return { $schema, $id: `urn:hummingbatch:contract:${name}`, ...rest };
}

/** The text of `docs/contract/<name>.schema.json`. */
export function contractSchemaText(name: ContractSchema): string {
  return `${JSON.stringify(contractJsonSchema(name), null, 2)}\n`;
}
