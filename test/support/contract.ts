import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { ContractSchema } from '../../src/schemas/published.ts';

const ajv = addFormats.default(new Ajv2020({ strict: true }));

/** Loads a published schema. Returns a function that lists the errors of a value, as an empty text if it is valid. */
export async function loadChecker(name: ContractSchema): Promise<(value: unknown) => string> {
  const file = new URL(`../../docs/contract/${name}.schema.json`, import.meta.url);
  const schema = JSON.parse(await readFile(file, 'utf8')) as { $id: string };
  const isValid = ajv.getSchema(schema.$id) ?? ajv.compile(schema);
  return (value) => (isValid(value) ? '' : ajv.errorsText(isValid.errors));
}
