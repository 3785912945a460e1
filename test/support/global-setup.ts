import type { TestProject } from 'vitest/node';
import { bringTestTemporal } from './temporal-server.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** `host:port` of the one Temporal server of the run. */
    temporal: string;
    uiUrl: string;
  }
}

/** One Temporal server for the whole run: test files that each start one take the cores from what they test. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const temporal = await bringTestTemporal();
  project.provide('temporal', temporal.address);
  project.provide('uiUrl', temporal.uiUrl);
  return () => temporal.release();
}
