import type { TestProject } from 'vitest/node';
import { startTestTemporal } from './temporal-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of the shared Temporal server of the test run. */
    temporal: string;
    uiUrl: string;
  }
}

/** One Temporal server for the whole run: one per test file would take the CPU from the code under test. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporal = await startTestTemporal();
  project.provide('temporal', temporal.address);
  project.provide('uiUrl', temporal.uiUrl);
  return () => temporal.release();
}
