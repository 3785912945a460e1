import { z } from 'zod';
import { manifestSchema } from './schema.ts';

/**
 * The JSON Schema that editors use for completion and validation. It is draft 7, which the YAML and JSON language
 * servers support best.
 */
export function manifestJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(manifestSchema, { target: 'draft-7', io: 'input' });
  return { $schema, $id: 'urn:hummingbatch:manifest', title: 'hummingbatch manifest', ...rest };
}

/** The text of `docs/manifest.schema.json`. */
export function manifestJsonSchemaText(): string {
  return `${JSON.stringify(manifestJsonSchema(), null, 2)}\n`;
}
