import { z } from 'zod';
import { BATCH, BATCH_RESULT } from '../contract/answers/progress.ts';
import { RECORD } from '../contract/answers/record.ts';
import { WEBHOOK_EVENT } from '../contract/answers/webhook.ts';
import {
  ADOPT_REQUEST,
  APPROVE_REQUEST,
  IMAGE_BATCH_INPUT,
  JOB_EVENT,
  SCHEDULED_BATCH_INPUT,
  SET_BUDGET_REQUEST,
} from '../contract/index.ts';
import type { Rule } from '../contract/rules.ts';
import { toZod } from './to-zod.ts';

/** What is published in `docs/contract/`, each as `<name>.schema.json`. */
export const CONTRACT_SCHEMAS = {
  'image-batch-input': IMAGE_BATCH_INPUT,
  'image-batch-result': BATCH_RESULT,
  progress: BATCH,
  approve: APPROVE_REQUEST,
  'set-budget': SET_BUDGET_REQUEST,
  adopt: ADOPT_REQUEST,
  'job-event': JOB_EVENT,
  'output-record': RECORD,
  'webhook-event': WEBHOOK_EVENT,
  'scheduled-batch-input': SCHEDULED_BATCH_INPUT,
} as const satisfies Record<string, Rule>;

export type ContractSchema = keyof typeof CONTRACT_SCHEMAS;

/** A schema as it is published: JSON Schema 2020-12, complete in itself. An answer of a later version may have more fields. */
export function contractJsonSchema(name: ContractSchema): object {
  const { $schema, ...rest } = z.toJSONSchema(toZod(CONTRACT_SCHEMAS[name]), {
    target: 'draft-2020-12',
    io: 'input',
    override: ({ jsonSchema }) => {
      // The pattern of zod has 400 characters and says no more than the format.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
      // These are the limits of JavaScript's whole numbers, and no limits of ours.
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
