import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { stopOnce } from './retry-until-resolved.ts';

/** Stops where Google does not know jobs of a round any more: whoever retries pays for another. */
export async function stopForGone(batch: Batch, jobs: readonly string[]): Promise<void> {
  // Before the stop: the batch may continue in it as a new run, and only a retry ends it.
  for (const job of jobs) batch.goneJobs.add(job);
  const names = jobs.length === 1 ? `the job ${jobs[0]}` : `the jobs ${jobs.join(', ')}`;
  await stopOnce(batch, 'wait', failure('job-gone', `Google does not know ${names} any more.`));
}
