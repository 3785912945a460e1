import { mkdir, writeFile } from 'node:fs/promises';
import { CONTRACT_SCHEMAS, type ContractSchema, contractSchemaText } from '../src/schemas/published.ts';

/** Updates the published JSON Schemas of the contract: `npx tsx scripts/contract-schemas.ts`. */
const folder = new URL('../docs/contract/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const name of Object.keys(CONTRACT_SCHEMAS) as ContractSchema[])
  await writeFile(new URL(`${name}.schema.json`, folder), contractSchemaText(name));
