import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { answerPermit, type PermitRecord, readPermits } from './permits.ts';
import { findLastRound } from './standing.ts';
import type { FoundJob } from './types.ts';

/** What a search of a round found. */
interface Found {
  batchId: string;
  round: number;
  permits: PermitRecord[];
  /** All jobs of the round that are known. */
  jobs: FoundJob[];
  /** Those of them that ended without a result. */
  ended: FoundJob[];
}

/**
 * Records what a search found of submissions whose outcome was not known: the job of a lost answer, because LIST may not show it
 * again, and that a job ended without a result, because such a job is not billed.
 */
export async function settlePermits(store: Store, found: Found): Promise<void> {
  const { batchId, round, permits, jobs, ended } = found;
  const { free } = batchPlaces(batchId).round(round);
  for (const { submission, answer, noResult } of permits) {
    // Google may have carried out one submission twice.
    const made = jobs.filter((job) => job.submission === submission);
    const [first] = made;
    if (first && !answer) await answerPermit(store, batchId, round, submission, { job: first.job });
    if (first && !noResult && made.every((job) => ended.includes(job)))
      await store.putIfAbsent(free(submission, 'no-result'), toJson({ jobs: made.map(({ job }) => job) }));
  }
}

/** Records that no submission of the batch without an answer made a job, as an operator says. */
export async function releaseUnanswered(store: Store, batchId: string, at: number): Promise<void> {
  const rounds = await findLastRound(store, batchId);
  for (let round = 1; round <= rounds; round++) {
    const { free } = batchPlaces(batchId).round(round);
    for (const { submission, answer } of await readPermits(store, batchId, round))
      if (!answer) await store.putIfAbsent(free(submission, 'no-job'), toJson({ at }));
  }
}
