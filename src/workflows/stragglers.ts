import type { FoundJob } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import type { RoundJob } from './submit.ts';
import { awaitJob, cancelJob, type JobEnd } from './wait.ts';

/** When jobs that come to light late are looked for, beside the visibility window and the end of the round's job. */
const LOOK_AFTER_MS = 10 * 60_000;

/**
 * Jobs of a round beside the one it goes on with: of a submission whose answer was lost and which LIST showed late, or
 * of one that Google carried out twice. What they finished was paid for and is collected.
 */
export interface Stragglers {
  /** Whether the next check should look for them: true once for each time. */
  areDue(): boolean;
  /** Ends those that have come to light. */
  end(jobs: FoundJob[]): Promise<void>;
  /** All of them at their ends. */
  ends(): Promise<JobEnd[]>;
}

/** Ends the stragglers that are known and watches for more. */
export async function watchStragglers(batch: Batch, round: number, chosen: RoundJob): Promise<Stragglers> {
  const since = Date.now();
  const looks = [batch.options.submitWindowMs, LOOK_AFTER_MS].sort((one, other) => one - other);
  const stragglers = new Map<string, FoundJob>();

  async function end(jobs: FoundJob[]): Promise<void> {
    for (const straggler of jobs) {
      if (stragglers.has(straggler.job)) continue;
      stragglers.set(straggler.job, straggler);
      batch.note(`The job ${straggler.job} came to light beside ${chosen.job} and was cancelled.`);
    }
    await cancelJobs(batch, round, [...stragglers.values()], `round ${round} has another`);
  }

  await end(chosen.extras);
  return {
    areDue() {
      const [next] = looks;
      if (next === undefined || Date.now() - since < next) return false;
      looks.shift();
      return true;
    },
    end,
    ends: () => awaitEnds(batch, round, [...stragglers.values()]),
  };
}

/** All of them first, and only then {@link awaitEnds}: until then each goes on and is billed. */
export async function cancelJobs(batch: Batch, round: number, jobs: FoundJob[], why: string): Promise<void> {
  for (const { job, submission } of jobs) {
    batch.noteJob(job, round, submission);
    await cancelJob(batch, job, why);
  }
}

export async function awaitEnds(batch: Batch, round: number, jobs: FoundJob[]): Promise<JobEnd[]> {
  const ends: JobEnd[] = [];
  for (const { job } of jobs) {
    const end = await awaitJob(batch, { job, round, submittedAt: Date.now() });
    if (end) ends.push(end);
  }
  return ends;
}
