import { fileURLToPath } from 'node:url';
import type * as main from '../../src/index.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The package's main entry as built: a worker needs the workflow bundle, which lies beside the built files only. */
export function importBuilt(): Promise<typeof main> {
  return import(/* @vite-ignore */ `${DIST}index.js`);
}
