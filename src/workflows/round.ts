import type { ApplicationFailure } from '@temporalio/workflow';
import type { Collected, EndedJob, RoundPlan } from '../activities/types.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { QuotaLimit } from './quota.ts';
import { AcceptedIncomplete, chooseActions, retryUntilResolved, stopOnce } from './retry-until-resolved.ts';
import { saveBatchProgress } from './save-progress.ts';
import { watchStragglers } from './stragglers.ts';
import { submitRound } from './submit.ts';
import { awaitJob } from './wait.ts';
import type { JobEnd } from './waiting.ts';

/** google.rpc codes that a failed job carries. */
const INVALID = 3;
const EXHAUSTED = 8;

/** What follows the end of a job: collect its answers, submit the round again `later`, or stop for an operator. */
type Verdict =
  | { kind: 'collect' }
  | { kind: 'later'; message: string }
  | { kind: 'stop'; why: ApplicationFailure };

/** One pass of stage, submit, wait, collect. */
export async function runRound(batch: Batch, plan: RoundPlan): Promise<Collected> {
  const { round } = plan;
  batch.update({ round, job: undefined, check: undefined, lastCheck: undefined, nextCheck: undefined });
  let isPaid = plan.submitted === true;
  if (isPaid) batch.sent = round;
  const quota = new QuotaLimit(batch, round);
  for (;;) {
    if (!isPaid) await requireBudget(batch, plan);
    isPaid = false;
    const chosen = await submitRound(batch, round, quota);
    const { job } = chosen;
    batch.noteJob(job, round, chosen.submission);
    batch.update({ job, state: 'WAITING', check: undefined, lastCheck: undefined });
    saveBatchProgress(batch);
    const stragglers = await watchStragglers(batch, round, chosen);
    const end = await awaitJob(batch, { job, round, submittedAt: Date.now(), stragglers });
    if (!end) batch.lostUsd += plan.worstUsd ?? 0;
    const verdict = judge(job, end);
    if (end && (verdict.kind === 'collect' || end.resultFile)) {
      const collected = await collectRound(batch, round, [end, ...(await stragglers.waitForEnds())]);
      // Collect before the stop: the answers are paid for, and Google deletes them after some days.
      if (verdict.kind === 'stop' && collected.next) await stopOnce(batch, 'wait', verdict.why);
      return collected;
    }
    if (verdict.kind === 'stop') await stopOnce(batch, 'wait', verdict.why);
    if (verdict.kind === 'later') await quota.wait(verdict.message);
  }
}

function judge(job: string, end: JobEnd | undefined): Verdict {
  if (!end)
    return { kind: 'stop', why: failure('job-gone', `Google does not know the job ${job} any more.`) };
  const { state, error, weCancelled } = end;
  if (state === 'CANCELLED' && !weCancelled)
    return {
      kind: 'stop',
      why: failure('job-cancelled', `The job ${job} was cancelled at Google, and not by this batch.`),
    };
  if (state === 'FAILED' && error?.code === INVALID) {
    const message = `Google refused the job ${job} as a whole: ${error.message || 'no explanation'}.`;
    return { kind: 'stop', why: failure('job-rejected', message) };
  }
  if (state === 'FAILED' && error?.code === EXHAUSTED)
    return { kind: 'later', message: `the job ${job} failed for quota.` };
  return { kind: 'collect' };
}

/** Stops before a round whose worst case would exceed the budget. It is asked before each submission. */
async function requireBudget(batch: Batch, { round, outputs, worstUsd }: RoundPlan): Promise<void> {
  const { lostUsd } = batch;
  await retryUntilResolved(batch, 'submit', async () => {
    const { maxCostUsd } = batch.options;
    if (maxCostUsd === undefined) return;
    const actions = chooseActions(batch, 'submit', 'over-budget');
    if (worstUsd === undefined) {
      throw failure(
        'over-budget',
        `The price of ${batch.progress.model} is unknown, so the budget of ${maxCostUsd} USD cannot be guaranteed.`,
        {
          fix: 'Start another batch without a budget, or with a model whose price is known.',
          // No amount would be enough.
          actions: actions.filter(({ action }) => action !== 'set-budget'),
        },
      );
    }
    const highestUsd = batch.progress.costUsd.actual + lostUsd + worstUsd;
    if (highestUsd > maxCostUsd) {
      const lost =
        lostUsd > 0 ? `, ${lostUsd.toFixed(2)} USD of it for jobs that Google does not know any more` : '';
      throw failure(
        'over-budget',
        `Round ${round} (${outputs} outputs) could bring the cost to ${highestUsd.toFixed(2)} USD${lost}, and the budget is ${maxCostUsd} USD.`,
        {
          actions: actions.map((one) =>
            one.action === 'set-budget' ? { ...one, maxCostUsd: ceilCents(highestUsd) } : one,
          ),
        },
      );
    }
  });
}

/** The least budget in whole cents that lets the round start. */
function ceilCents(usd: number): number {
  return Math.ceil(usd * 100) / 100;
}

/** Collects the answers of a round's jobs. */
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

async function collect(batch: Batch, round: number, jobs: EndedJob[]): Promise<Collected> {
  const lines = jobs.reduce((sum, { expectedLines }) => sum + expectedLines, 0);
  const collected = await retryUntilResolved(batch, 'collect', () =>
    batch.run('collectRound', `round ${round}: collect ${lines} ${lines === 1 ? 'answer' : 'answers'}`, {
      ...batch.base,
      round,
      jobs,
      firstRound: batch.firstRound,
      maxRounds: batch.firstRound - 1 + batch.options.maxRounds,
      weCancelled: batch.cancelling,
    }),
  );
  batch.collected = round;
  batch.update({
    outputs: collected.counts,
    costUsd: { ...batch.progress.costUsd, actual: collected.actualUsd },
  });
  return collected;
}

function withoutResult({ job, state }: EndedJob): EndedJob {
  return { job, state, expectedLines: 0 };
}

function toEndedJob({ job, state, resultFile, successful, failed }: JobEnd): EndedJob {
  return { job, state, ...(resultFile && { resultFile }), expectedLines: successful + failed };
}
