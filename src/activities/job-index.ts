import { jobPlace } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import type { ActivityDeps } from './deps.ts';

/** Which batch a job is of, for whoever knows only the job's name. */
export interface IndexedJob {
  batchId: string;
}

/**
 * Keeps whose these jobs are, before anybody waits for them: an event of Google's names nothing but the job. It never
 * throws, for a batch that is not woken sees for itself, at its next check.
 */
export async function indexJobs(
  { store, log }: ActivityDeps,
  batchId: string,
  jobs: readonly string[],
): Promise<void> {
  for (const job of jobs) {
    const key = jobPlace(job);
    try {
      // Seen again with each look at the round: a stat then, in place of three syncs.
      if (key && !(await store.head(key))) await store.put(key, toJson({ batchId } satisfies IndexedJob));
    } catch (error) {
      log.warn({ job, error: String(error) }, 'whose job it is could not be noted');
    }
  }
}
