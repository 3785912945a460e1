import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/contract/search-attributes.ts';
import { type ManagedTemporal, startTemporal } from '../../src/local/index.ts';
import { temporalCliPath } from './servers.ts';

/** Starts a Temporal server with a temporary database. */
export async function startTestTemporal(): Promise<ManagedTemporal & { directory: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'hummingbatch-test-temporal-'));
  const temporal = await startTemporal({
    directory,
    cli: await temporalCliPath(),
    namespace: 'default',
    searchAttributes: SEARCH_ATTRIBUTE_TYPES,
    retentionHours: 24,
    env: process.env,
    log: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  return {
    ...temporal,
    directory,
    async release() {
      await temporal.release();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
