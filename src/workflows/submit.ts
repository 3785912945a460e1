import { type ApplicationFailure, CancellationScope, CancelledFailure, sleep } from '@temporalio/workflow';
import type { FoundJob, RoundPlan, Search, Submitted, Unanswered } from '../activities/types.ts';
import { getRetryPolicy } from '../contract/index.ts';
import type { Batch } from './batch.ts';
import { findExceeded } from './budget.ts';
import { continueIfLong } from './continue.ts';
import { failure } from './failure.ts';
import { stopForGone } from './gone.ts';
import { count } from './metrics.ts';
import { findQuotaWait, waitForQuota } from './quota.ts';
import { retryUntilResolved, stopOnce } from './retry-until-resolved.ts';
import { findAfterWindow, findJob, mayMakeAnother, stopForAdoption } from './unanswered.ts';

/** Submissions in a row of which no byte was sent, before the batch stops for an operator. */
const MAX_REFUSALS = 5;
const REFUSAL_PAUSE_MS = 10_000;

/** The job of a round. */
export interface RoundJob extends FoundJob {
  /** Stragglers that were found already. */
  extras: FoundJob[];
}

type Refusal = Submitted & { kind: 'refused' };

/** The result of one submission. */
type Attempt =
  | { kind: 'job'; job: RoundJob }
  | Refusal
  | { kind: 'unanswered'; unanswered: Unanswered; message: string }
  | { kind: 'gone'; jobs: string[] }
  | { kind: 'over-budget'; why: ApplicationFailure };

/**
 * Makes exactly one job for the round: stages, searches for an existing job, takes a permit, posts once. After a lost answer
 * it searches until the visibility window is over, and only then submits again. Each submission must fit the budget beside all
 * others whose cost is not known.
 */
export async function submitRound(batch: Batch, plan: RoundPlan, isSubmitted: boolean): Promise<RoundJob> {
  const { round } = plan;
  const givenUp = new Set<number>();
  let refusals = 0;
  // An earlier run of the workflow, or of the batch, may have made its job: then nothing is uploaded.
  const known = isSubmitted && (await findKnownJob(batch, round));
  if (known) return known;
  for (;;) {
    batch.enter('STAGING');
    await retryUntilResolved(batch, 'stage', () =>
      batch.run('stageRound', `round ${round}: upload references and requests`, { ...batch.stored, round }),
    );
    batch.update({ state: 'SUBMITTING' });
    // From the permit to its answer nothing may be cancelled: an unknown job would continue and be billed.
    const attempt = await CancellationScope.nonCancellable(() => trySubmit(batch, plan, givenUp));
    if (attempt.kind === 'job') {
      // It may fail for quota as the one before it did.
      if (!findQuotaWait(batch, round)) batch.forgetStop('submit');
      return attempt.job;
    }
    if (attempt.kind === 'unanswered') {
      const { unanswered, message } = attempt;
      if (await mayMakeAnother(batch, round, message, unanswered)) givenUp.add(unanswered.submission);
    } else if (attempt.kind === 'over-budget') await stopForAdoption(batch, round, attempt.why);
    else if (attempt.kind === 'gone') await stopForGone(batch, attempt.jobs);
    else if (attempt.code === 'rate-limited') await waitForQuota(batch, round, attempt);
    else await afterRefusal(batch, round, attempt, ++refusals);
  }
}

/** The job of a round that has a permit. */
async function findKnownJob(batch: Batch, round: number): Promise<RoundJob | undefined> {
  batch.enter('SUBMITTING');
  const attempt = toFoundJob(batch, round, await findJob(batch, round));
  return attempt?.job;
}

async function trySubmit(batch: Batch, plan: RoundPlan, givenUp: ReadonlySet<number>): Promise<Attempt> {
  const { round } = plan;
  const search = await findJob(batch, round);
  const { unanswered, found, gone = [], next } = search;
  if (unanswered && !found && !givenUp.has(unanswered.submission))
    return settle(batch, round, unanswered, 'A submission ended without an answer.');
  const known = toFoundJob(batch, round, search);
  if (known) return known;
  const jobs = gone.filter((job) => !batch.goneJobs.has(job));
  if (jobs.length > 0) return { kind: 'gone', jobs };
  const why = findExceeded(batch, plan);
  return why ? { kind: 'over-budget', why } : submit(batch, plan, next);
}

function toFoundJob(
  batch: Batch,
  round: number,
  { found, extras }: Search,
): Extract<Attempt, { kind: 'job' }> | undefined {
  if (!found) return undefined;
  batch.sent = round;
  batch.known.noteFound(round, found);
  return { kind: 'job', job: { ...found, extras } };
}

async function submit(batch: Batch, { round, worstUsd }: RoundPlan, submission: number): Promise<Attempt> {
  if (batch.requests.cancel) throw new CancelledFailure('The batch was cancelled before it submitted.');
  batch.sent = round;
  const permit = { round, submission, ...(worstUsd !== undefined && { worstUsd }) };
  const { stored } = batch;
  batch.known.note(permit);
  const answer = await retryUntilResolved(batch, 'submit', () =>
    batch.run('createJob', `round ${round}: create the job, submission ${submission}`, {
      ...stored,
      ...permit,
    }),
  );
  if (answer.kind === 'refused') {
    batch.known.drop(permit);
    return answer;
  }
  batch.known.note({ ...permit, taken: true, ...(answer.kind === 'created' && { job: answer.job }) });
  const { reserved = 0 } = batch.progress.costUsd;
  batch.noteReserves({ reservedUsd: reserved + (worstUsd ?? 0), unanswered: batch.unanswered });
  if (answer.kind === 'unknown')
    return settle(batch, round, { submission, inARow: 1, overBy: answer.overBy }, answer.message);
  return { kind: 'job', job: { job: answer.job, submission, extras: [] } };
}

async function settle(batch: Batch, round: number, known: Unanswered, message: string): Promise<Attempt> {
  batch.sent = round;
  batch.note(`Submission ${known.submission} of round ${round} was sent without an answer: ${message}`);
  count('unanswered', 1, {});
  const search = await findAfterWindow(batch, round, known);
  const { unanswered = known } = search;
  return toFoundJob(batch, round, search) ?? { kind: 'unanswered', unanswered, message };
}

/** No job was made. A temporary cause is retried soon; everything else waits for an operator. */
async function afterRefusal(
  batch: Batch,
  round: number,
  { code, message }: Refusal,
  refusals: number,
): Promise<void> {
  if (getRetryPolicy(code) !== 'soon' || refusals >= MAX_REFUSALS)
    return stopOnce(batch, 'submit', failure(code, message));
  await sleep(REFUSAL_PAUSE_MS * refusals, { summary: `round ${round}: ${code}, waiting for the next try` });
  await continueIfLong(batch);
}
