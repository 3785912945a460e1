import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The package's main entry as built: a worker needs the workflow bundle, which lies beside the built files only. */
export function importBuilt(): Promise<typeof import('../../src/index.ts')> {
  return import(/* @vite-ignore */ `${DIST}index.js`);
}
