import type { FoundJob } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import type { RoundJob } from './submit.ts';
import { findJob } from './unanswered.ts';
import { awaitJob, cancelJob, type JobEnd } from './wait.ts';

/** When jobs that come to light late are looked for, beside the visibility window and the collecting. */
const LOOK_AFTER_MS = 10 * 60_000;

/** Jobs of a round that came to light beside the one it goes on with. What they finished was paid for and is collected. */
export interface Stragglers {
  /** Looks once it is time. */
  lookInTime(): Promise<void>;
  /** Looks a last time, and answers with all of them at their ends. */
  ends(): Promise<JobEnd[]>;
}

/** Ends the stragglers that are known and watches for more. After a single submission there can be none: nothing is asked. */
export async function watchStragglers(batch: Batch, round: number, chosen: RoundJob): Promise<Stragglers> {
  const since = Date.now();
  const isPossible = chosen.submissions > 1;
  const stragglers = new Map<string, FoundJob>();
  let looked = !isPossible;

  async function endThese(jobs: FoundJob[]): Promise<void> {
    for (const straggler of jobs) {
      if (straggler.job === chosen.job || stragglers.has(straggler.job)) continue;
      stragglers.set(straggler.job, straggler);
      batch.note(`The job ${straggler.job} came to light beside ${chosen.job} and was cancelled.`);
    }
    await cancelJobs(batch, round, [...stragglers.values()], `round ${round} has another`);
  }

  async function look(): Promise<void> {
    const { found, extras } = await findJob(batch, round);
    await endThese([...(found ? [found] : []), ...extras]);
  }

  await endThese(chosen.extras);
  return {
    async lookInTime() {
      if (looked || Date.now() - since < LOOK_AFTER_MS) return;
      looked = true;
      await look();
    },
    async ends() {
      if (isPossible) await look();
      return awaitEnds(batch, round, [...stragglers.values()]);
    },
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
