import type { ApplicationFailure } from '@temporalio/workflow';
import type { Batch } from './batch.ts';
import { collectEnded } from './collect.ts';
import { failure } from './failure.ts';
import { retryUntilResolved } from './retry-until-resolved.ts';
import { askToCancel, checkJob, pause, readStatus } from './wait.ts';
import type { JobEnd, Waiting } from './waiting.ts';

/**
 * How long Google may take to end a job that we cancelled, before the batch stops. Google names no time; a cancelled job ends within
 * minutes.
 */
const CANCEL_TAKES_MS = 3 * 3_600_000;

/**
 * Waits until all these jobs have ended, all of them cancelled. What has ended is collected at once: a job that ignores its
 * cancellation must not keep the images of another from the batch. The batch stops after {@link CANCEL_TAKES_MS}; each retry asks
 * Google again to cancel.
 *
 * @param list the jobs of a round; a check may find further ones
 * @param ended those of them that have ended already
 * @returns without the jobs that Google does not know any more
 */
export async function awaitEnds(
  batch: Batch,
  round: number,
  list: () => Waiting[],
  ended: JobEnd[] = [],
): Promise<JobEnd[]> {
  const ends = new Map<string, JobEnd | 'gone'>(ended.map((end) => [end.job, end]));
  const listEnds = () => [...ends.values()].filter((end) => end !== 'gone');
  for (let number = 1; ; number++) {
    batch.requests.wake = false;
    const running: JobEnd[] = [];
    // Read anew in each turn: a check adds the stragglers that it finds.
    for (let waiting = findNext(); waiting; waiting = findNext()) {
      batch.awaited = { wakes: 0, checks: 0, ...batch.awaited, job: waiting.job };
      const status = await checkJob(batch, waiting, number);
      if (status === 'gone' || status.ended) ends.set(waiting.job, status);
      else running.push(status);
    }
    const [first] = running;
    if (!first) return listEnds();
    await collectEnded(batch, round, listEnds());
    const deaf = running.filter(({ job }) => Date.now() - (batch.cancelled.get(job) ?? 0) > CANCEL_TAKES_MS);
    if (deaf.length > 0) await stopUntilOneEnds(batch, round, deaf, number);
    else {
      const nextCheckMs = Math.min(...running.map((status) => status.nextCheckMs));
      await pause(batch, { job: first.job, round }, { ...first, nextCheckMs }, number);
    }

    function findNext(): Waiting | undefined {
      return list().find(({ job }) => !ends.has(job) && !running.some((status) => status.job === job));
    }
  }
}

/** Stops until one of these jobs has ended. Each retry asks again to cancel them. One step, so that targets are notified once. */
async function stopUntilOneEnds(batch: Batch, round: number, deaf: JobEnd[], number: number): Promise<void> {
  let isFirst = true;
  await retryUntilResolved(batch, 'cancel', async () => {
    if (isFirst) {
      isFirst = false;
      throw ignored(deaf);
    }
    for (const { job } of deaf) {
      await askToCancel(batch, job, 'it has ignored its cancellation');
      const status = await readStatus(batch, { job, round, submittedAt: Date.now() }, 'never', number);
      if (status === 'gone' || status.ended) return;
    }
    throw ignored(deaf);
  });
}

function ignored(deaf: JobEnd[]): ApplicationFailure {
  const names = deaf.map(({ job }) => job).join(', ');
  const hours = CANCEL_TAKES_MS / 3_600_000;
  return failure(
    'cancel-ignored',
    `Google was asked more than ${hours} hours ago to cancel ${names}, and ${deaf.length === 1 ? 'it has' : 'they have'} not ended. What has ended is collected.`,
  );
}
