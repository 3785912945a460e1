import { sleep } from '@temporalio/workflow';
import type { Collected, EndedJob, FoundJob, RoundPlan } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { persist, stopFor, stopOnce } from './persist.ts';
import { submitRound } from './submit.ts';
import { awaitJob, type JobEnd } from './wait.ts';

/** A job that failed for quota (8) is made again after this long. */
const QUOTA_PAUSE_MS = 10 * 60_000;

/** google.rpc codes that a failed job carries. */
const INVALID = 3;
const EXHAUSTED = 8;

/** One pass of stage, submit, wait, collect. */
export async function runRound(batch: Batch, plan: RoundPlan): Promise<Collected> {
  const { round } = plan;
  batch.update({ round, check: undefined, lastCheck: undefined, nextCheck: undefined });
  await withinBudget(batch, plan);
  for (;;) {
    const end = await submitAndWait(batch, round);
    const verdict = judge(end);
    if (verdict === 'collect') return collectRound(batch, round, end);
    if (verdict === 'later')
      await sleep(QUOTA_PAUSE_MS, { summary: `round ${round}: the job failed for quota, another follows` });
    else await explain(batch, end);
    // What a job that somebody else cancelled had finished was paid for.
    if (verdict === 'stop' && end.resultFile) return collectRound(batch, round, end);
  }
}

async function submitAndWait(batch: Batch, round: number): Promise<JobEnd> {
  const found = await submitRound(batch, round);
  noteJob(batch, round, found);
  batch.enter('WAITING');
  return awaitJob(batch, { job: found.job, round, submittedAt: Date.now() });
}

function noteJob(batch: Batch, round: number, { job, submission }: FoundJob): void {
  batch.noteJob({ name: job, round, submission, state: 'PENDING' });
}

/** `collect` what it has and try the rest in the next round, submit again `later`, or `stop` for a person. */
function judge({ state, error, weCancelled }: JobEnd): 'collect' | 'later' | 'stop' {
  if (state === 'FAILED' && error?.code === EXHAUSTED) return 'later';
  if (state === 'FAILED' && error?.code === INVALID) return 'stop';
  if (state === 'CANCELLED' && !weCancelled) return 'stop';
  return 'collect';
}

/** Stops once with the reason; what follows a person's retry is another submission of the same round. */
async function explain(batch: Batch, { job, state, error }: JobEnd): Promise<void> {
  const failure =
    state === 'CANCELLED'
      ? stopFor('job-cancelled', `Somebody cancelled the job ${job} at Google.`)
      : stopFor(
          'job-rejected',
          `Google refused the job ${job} as a whole: ${error?.message || 'no explanation'}.`,
        );
  await stopOnce(batch, 'wait', failure);
}

/** The last word on money: a round whose worst case would pass the budget is not begun. */
async function withinBudget(batch: Batch, { round, outputs, worstUsd }: RoundPlan): Promise<void> {
  await persist(batch, 'submit', async () => {
    const { maxCostUsd } = batch.options;
    if (maxCostUsd === undefined) return;
    if (worstUsd === undefined) {
      throw stopFor(
        'over-budget',
        `The price of ${batch.progress.model} is not known, so a budget of ${maxCostUsd} USD cannot be kept.`,
      );
    }
    const most = batch.progress.costUsd.actual + worstUsd;
    if (most > maxCostUsd) {
      throw stopFor(
        'over-budget',
        `Round ${round} (${outputs} outputs) could bring the cost to ${most.toFixed(2)} USD, and the budget is ${maxCostUsd} USD.`,
      );
    }
  });
}

export async function collectRound(batch: Batch, round: number, ...ends: JobEnd[]): Promise<Collected> {
  batch.enter('COLLECTING');
  const jobs = ends.map(endedJob);
  const lines = jobs.reduce((sum, { expectedLines }) => sum + expectedLines, 0);
  const collected = await persist(batch, 'collect', () =>
    batch.run('collectRound', `round ${round}: collect ${lines} answers`, {
      ...batch.base,
      round,
      jobs,
      firstRound: batch.firstRound,
      maxRounds: batch.firstRound - 1 + batch.options.maxRounds,
      weCancelled: batch.cancelling,
    }),
  );
  batch.update({
    outputs: collected.counts,
    costUsd: { ...batch.progress.costUsd, actual: collected.actualUsd },
  });
  return collected;
}

function endedJob({ job, state, resultFile, successful, failed }: JobEnd): EndedJob {
  return { job, state, ...(resultFile && { resultFile }), expectedLines: successful + failed };
}
