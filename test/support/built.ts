import { fileURLToPath } from 'node:url';
import type { runCommand } from '../../src/cli/run-command.ts';
import type * as host from '../../src/host/index.ts';
import type * as main from '../../src/index.ts';

const DIST = fileURLToPath(new URL('../../dist/', import.meta.url));

/** The package's main entry as built: a worker needs the workflow bundle, which lies beside the built files only. */
export function importBuilt(): Promise<typeof main> {
  return import(/* @vite-ignore */ `${DIST}index.js`);
}

/** The built command line, to run in this process. */
export async function importRunCommand(): Promise<typeof runCommand> {
  const built = await import(/* @vite-ignore */ `${DIST}cli/run-command.js`);
  return built.runCommand;
}

/** The built `hummingbatch/host`. */
export function importHost(): Promise<typeof host> {
  return import(/* @vite-ignore */ `${DIST}host/index.js`);
}
