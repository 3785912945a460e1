import { jobPlace } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import type { ActivityDeps } from './deps.ts';

/** The batch that a job belongs to. Google's events name only the job. */
export interface IndexedJob {
  batchId: string;
}

/**
 * Writes which batch these jobs belong to, before the workflow waits for them. Never throws: without the entry an
 * event wakes no batch, and the batch sees the job's end at its next check.
 */
export async function indexJobs(
  { store, log }: ActivityDeps,
  batchId: string,
  jobs: readonly string[],
): Promise<void> {
  for (const job of jobs) {
    const key = jobPlace(job);
    try {
      // Called again with each search of the round. A stat is cheaper than the three syncs of a write.
      if (key && !(await store.head(key))) await store.put(key, toJson({ batchId } satisfies IndexedJob));
    } catch (error) {
      log.warn({ job, error: String(error) }, 'the batch of this job could not be written to the index');
    }
  }
}
