import type { JobEntry } from '../../src/emulator/index.ts';

/** The jobs that a batch had at Google, by their names. */
export function listJobs(jobs: readonly JobEntry[], batchId: string): JobEntry[] {
  return jobs.filter(({ displayName }) => displayName?.startsWith(`hb/${batchId}/`));
}
