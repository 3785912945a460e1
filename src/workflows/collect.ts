import type { Collected, EndedJob } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { AcceptedIncomplete, retryUntilResolved } from './retry-until-resolved.ts';
import type { JobEnd } from './waiting.ts';

/** Collects the answers of a round's jobs, all of which have ended. */
export async function collectRound(batch: Batch, round: number, ends: JobEnd[]): Promise<Collected> {
  batch.enter('COLLECTING');
  const jobs = ends.map(toEndedJob);
  try {
    return await collect(batch, round, jobs);
  } catch (error) {
    // The results are gone. The round counts as collected, so that a retry makes its missing outputs again.
    if (error instanceof AcceptedIncomplete && error.code === 'result-gone')
      await collect(batch, round, jobs.map(withoutResult));
    throw error;
  }
}

/** Collects the answers of those jobs of a round that have ended, while others run. The round stays open. */
export async function collectEnded(batch: Batch, round: number, ends: JobEnd[]): Promise<void> {
  const withResult = ends.filter(({ job, resultFile }) => resultFile && !batch.collectedJobs.has(job));
  if (withResult.length === 0) return;
  const { state } = batch.progress;
  batch.enter('COLLECTING');
  await collect(batch, round, withResult.map(toEndedJob), true);
  for (const { job } of withResult) batch.collectedJobs.add(job);
  batch.enter(state);
}

async function collect(batch: Batch, round: number, jobs: EndedJob[], isPartial = false): Promise<Collected> {
  const lines = jobs.reduce((sum, { expectedLines }) => sum + expectedLines, 0);
  const collected = await retryUntilResolved(batch, 'collect', () =>
    batch.run('collectRound', `round ${round}: collect ${lines} ${lines === 1 ? 'answer' : 'answers'}`, {
      ...batch.stored,
      round,
      jobs,
      firstRound: batch.firstRound,
      maxRounds: batch.firstRound - 1 + batch.options.maxRounds,
      weCancelled: batch.cancelling,
      ...(isPartial && { isPartial }),
    }),
  );
  if (!isPartial) batch.collected = round;
  batch.noteStanding(collected);
  return collected;
}

function withoutResult({ job, state }: EndedJob): EndedJob {
  return { job, state, expectedLines: 0, lost: true };
}

function toEndedJob({ job, state, resultFile, successful, failed }: JobEnd): EndedJob {
  return { job, state, ...(resultFile && { resultFile }), expectedLines: successful + failed };
}
