import type { ApplicationFailure } from '@temporalio/workflow';
import type { Collected, RoundPlan } from '../activities/types.ts';
import { awaitEnds } from './await-ends.ts';
import type { Batch } from './batch.ts';
import { requireBudget } from './budget.ts';
import { collectRound } from './collect.ts';
import { failure } from './failure.ts';
import { stopForGone } from './gone.ts';
import { waitForQuota } from './quota.ts';
import { stopOnce } from './retry-until-resolved.ts';
import { saveBatchProgress } from './save-progress.ts';
import { watchStragglers } from './stragglers.ts';
import { type RoundJob, submitRound } from './submit.ts';
import { settleAdopted } from './unanswered.ts';
import { awaitJob } from './wait.ts';
import type { JobEnd, Waiting } from './waiting.ts';

/** google.rpc codes that a failed job carries. */
const INVALID = 3;
const EXHAUSTED = 8;

/** What follows the end of a job: collect its answers, submit the round again `later`, or stop for an operator. */
type Verdict =
  | { kind: 'collect' }
  | { kind: 'later'; message: string }
  | { kind: 'gone' }
  | { kind: 'stop'; why: ApplicationFailure };

/** One pass of stage, submit, wait, collect. */
export async function runRound(batch: Batch, plan: RoundPlan): Promise<Collected> {
  const { round } = plan;
  batch.update({ round, job: undefined, check: undefined, lastCheck: undefined, nextCheck: undefined });
  // An operator said it in a stop in which an earlier run of the workflow ended.
  if (batch.requests.adopt !== undefined) await settleAdopted(batch, round, batch.requests.adopt);
  // Before anything is uploaded. A round with a permit may have a job that is paid already, which a search finds.
  const isSubmitted = batch.known.mayHaveJob(plan);
  if (isSubmitted) batch.sent = round;
  else await requireBudget(batch, plan);
  for (;;) {
    const chosen = await submitRound(batch, plan, isSubmitted);
    const { job } = chosen;
    batch.noteJob(job, round, chosen.submission);
    batch.update({ job, state: 'WAITING', check: undefined, lastCheck: undefined });
    saveBatchProgress(batch);
    const ends = await awaitRound(batch, round, chosen);
    const verdict = judge(
      job,
      ends.find((end) => end.job === job),
    );
    if (ends.length > 0 && (verdict.kind === 'collect' || ends.some(({ resultFile }) => resultFile))) {
      const collected = await collectRound(batch, round, ends);
      // Collect before the stop: the answers are paid for, and Google deletes them after some days.
      if (collected.next) await stopIfNeeded(batch, job, verdict);
      return collected;
    }
    await stopIfNeeded(batch, job, verdict);
    if (verdict.kind !== 'later') continue;
    batch.known.drop({ round, submission: chosen.submission });
    await waitForQuota(batch, round, { message: verdict.message, hasJob: true });
  }
}

/** Waits until the job of the round has ended, and every straggler. @returns in the order in which they ended */
async function awaitRound(batch: Batch, round: number, chosen: RoundJob): Promise<JobEnd[]> {
  const submittedAt = batch.submittedAt.get(chosen.job) ?? Date.now();
  batch.submittedAt.set(chosen.job, submittedAt);
  const stragglers = await watchStragglers(batch, round, chosen);
  const waiting: Waiting = { job: chosen.job, round, submittedAt, stragglers };
  const end = await awaitJob(batch, waiting);
  const listOthers = () => stragglers.list().map(({ job }) => ({ job, round, submittedAt }));
  if (end === 'cancelled') return awaitEnds(batch, round, () => [waiting, ...listOthers()]);
  return awaitEnds(batch, round, listOthers, end === 'gone' ? [] : [end]);
}

async function stopIfNeeded(batch: Batch, job: string, verdict: Verdict): Promise<void> {
  if (verdict.kind === 'stop') await stopOnce(batch, 'wait', verdict.why);
  if (verdict.kind === 'gone') await stopForGone(batch, [job]);
}

function judge(job: string, end: JobEnd | undefined): Verdict {
  if (!end) return { kind: 'gone' };
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
