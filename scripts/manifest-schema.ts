import { writeFile } from 'node:fs/promises';
import { manifestJsonSchemaText } from '../src/manifest/json-schema.ts';

/** Updates the published JSON Schema of the manifest: `npx tsx scripts/manifest-schema.ts`. */
await writeFile(new URL('../docs/manifest.schema.json', import.meta.url), manifestJsonSchemaText());
