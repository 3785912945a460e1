import type { JobEntry } from '../../src/emulator/index.ts';

/** The jobs of a batch, selected by their display names. */
export function listJobs(jobs: readonly JobEntry[], batchId: string): JobEntry[] {
  return jobs.filter(({ displayName }) => displayName?.startsWith(`hb/${batchId}/`));
}
