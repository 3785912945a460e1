import { readFile, writeFile } from 'node:fs/promises';
import { openApiText } from '../src/api/openapi.ts';

/** Updates the published OpenAPI description of the HTTP API: `npx tsx scripts/openapi.ts`. */
const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
await writeFile(new URL('../docs/openapi.json', import.meta.url), await openApiText(version));
