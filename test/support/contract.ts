import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ContractSchema } from '../../src/schemas/published.ts';

const ajv = addFormats.default(new Ajv2020({ strict: true }));

/** What a published schema has against a value as it goes over the wire; nothing where it is good. */
export async function loadChecker(name: ContractSchema): Promise<(value: unknown) => string> {
  const file = new URL(`../../docs/contract/${name}.schema.json`, import.meta.url);
  const schema = JSON.parse(await readFile(file, 'utf8')) as { $id: string };
  const isValid = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  return (value) => (isValid(value) ? '' : ajv.errorsText(isValid.errors));
}
