import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/contract/search-attributes.ts';
import { bringTemporal } from '../../src/local/index.ts';
import { temporalCliPath } from './servers.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of the one Temporal server of the run. */
    temporal: string;
    uiUrl: string;
  }
}

/** One Temporal server for the whole run: test files that each start one take the cores from what they test. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'hummingbatch-test-temporal-'));
  const temporal = await bringTemporal({
    directory,
    cli: await temporalCliPath(),
    namespace: 'default',
    searchAttributes: SEARCH_ATTRIBUTE_TYPES,
    retentionHours: 24,
    env: process.env,
    log: (sentence) => process.stderr.write(`${sentence}\n`),
  });
  project.provide('temporal', temporal.address);
  project.provide('uiUrl', temporal.uiUrl);
  return async () => {
    await temporal.release();
    await rm(directory, { recursive: true, force: true });
  };
}
