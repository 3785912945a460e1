import type { FoundJob } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import type { RoundJob } from './submit.ts';
import { cancelJob } from './wait.ts';
import type { Stragglers } from './waiting.ts';

/** When a check searches for jobs that LIST showed late; also after the visibility window and at the end of the round's job. */
const SEARCH_AFTER_MS = 10 * 60_000;

/** Cancels the stragglers that are known and says when to search for more. */
export async function watchStragglers(batch: Batch, round: number, chosen: RoundJob): Promise<Stragglers> {
  const since = Date.now();
  const searchesAfter = [batch.options.submitWindowMs, SEARCH_AFTER_MS].sort((one, other) => one - other);
  const stragglers = new Map<string, FoundJob>();

  async function cancel(jobs: FoundJob[]): Promise<void> {
    for (const straggler of jobs) {
      if (stragglers.has(straggler.job)) continue;
      stragglers.set(straggler.job, straggler);
      batch.note(`The job ${straggler.job} was found beside ${chosen.job} and was cancelled.`);
    }
    await cancelJobs(batch, round, [...stragglers.values()], `round ${round} has another job`);
  }

  await cancel(chosen.extras);
  return {
    areDue() {
      const [next] = searchesAfter;
      if (next === undefined || Date.now() - since < next) return false;
      searchesAfter.shift();
      return true;
    },
    cancel,
    list: () => [...stragglers.values()],
  };
}

/** Cancels all of them before one is waited for: each running job is billed. */
export async function cancelJobs(batch: Batch, round: number, jobs: FoundJob[], why: string): Promise<void> {
  for (const { job, submission } of jobs) {
    batch.noteJob(job, round, submission);
    await cancelJob(batch, job, why);
  }
}
