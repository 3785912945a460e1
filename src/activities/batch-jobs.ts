import type { JobSummary } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { readPermits } from './permits.ts';
import type { CollectedMark } from './standing.ts';

/**
 * Every job that a batch ever had, over all its runs: from the answers to its permits and from its collected rounds.
 * `current` are the jobs of this run with their latest states.
 */
export async function listBatchJobs(
  store: Store,
  batchId: string,
  rounds: number,
  current: readonly JobSummary[],
): Promise<JobSummary[]> {
  const jobs = new Map<string, JobSummary>();
  for (let round = 1; round <= rounds; round++) {
    const permits = await readPermits(store, batchId, round);
    for (const { submission, answer } of permits) {
      if (answer && 'job' in answer)
        jobs.set(answer.job, { name: answer.job, round, submission, state: 'UNKNOWN' });
    }
    const mark = await getJson<CollectedMark>(store, batchPlaces(batchId).round(round).collected);
    for (const { job, state } of mark?.jobs ?? []) {
      const submission = jobs.get(job)?.submission ?? permits.at(-1)?.submission ?? 1;
      jobs.set(job, { name: job, round, submission, state });
    }
  }
  for (const job of current) jobs.set(job.name, job);
  return [...jobs.values()].sort(
    (one, other) => one.round - other.round || one.submission - other.submission,
  );
}
