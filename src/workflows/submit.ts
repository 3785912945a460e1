import { CancellationScope, CancelledFailure, sleep } from '@temporalio/workflow';
import type { FoundJob, Search, Submitted, Unanswered } from '../activities/types.ts';
import { getRetryPolicy } from '../contract/index.ts';
import type { Batch } from './batch.ts';
import { failure } from './failure.ts';
import { count } from './metrics.ts';
import type { QuotaLimit } from './quota.ts';
import { retryUntilResolved, stopOnce } from './retry-until-resolved.ts';
import { findAfterWindow, findJob, mayMakeAnother } from './unanswered.ts';

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
  | { kind: 'unanswered'; submission: number; message: string };

/**
 * Makes exactly one job for the round: stages, searches for an existing job, takes a permit, posts once. After a lost answer
 * it searches until the visibility window is over, and only then submits again.
 */
export async function submitRound(batch: Batch, round: number, quota: QuotaLimit): Promise<RoundJob> {
  const givenUp = new Set<number>();
  let refusals = 0;
  for (;;) {
    batch.enter('STAGING');
    await retryUntilResolved(batch, 'stage', () =>
      batch.run('stageRound', `round ${round}: upload references and requests`, { ...batch.base, round }),
    );
    batch.update({ state: 'SUBMITTING' });
    // From the permit to its answer nothing may be cancelled: an unknown job would continue and be billed.
    const attempt = await CancellationScope.nonCancellable(() => trySubmit(batch, round, givenUp));
    if (attempt.kind === 'job') {
      batch.forgetStop('submit');
      return attempt.job;
    }
    if (attempt.kind === 'unanswered') {
      const { submission, message } = attempt;
      if (await mayMakeAnother(batch, round, message, givenUp.size + 1)) givenUp.add(submission);
    } else if (attempt.code === 'rate-limited') await quota.wait(attempt.message, attempt.retryAfterMs);
    else await afterRefusal(batch, round, attempt, ++refusals);
  }
}

async function trySubmit(batch: Batch, round: number, givenUp: ReadonlySet<number>): Promise<Attempt> {
  const search = await findJob(batch, round);
  const { unanswered } = search;
  if (unanswered && !search.found && !givenUp.has(unanswered.submission))
    return settle(batch, round, unanswered, 'A submission ended without an answer.');
  return toFoundJob(batch, round, search) ?? submit(batch, round, search.next);
}

function toFoundJob(batch: Batch, round: number, { found, extras }: Search): Attempt | undefined {
  if (!found) return undefined;
  batch.sent = round;
  return { kind: 'job', job: { ...found, extras } };
}

async function submit(batch: Batch, round: number, submission: number): Promise<Attempt> {
  if (batch.requests.cancel) throw new CancelledFailure('The batch was cancelled before it submitted.');
  batch.sent = round;
  const answer = await retryUntilResolved(batch, 'submit', () =>
    batch.run('createJob', `round ${round}: create the job, submission ${submission}`, {
      ...batch.base,
      round,
      submission,
    }),
  );
  if (answer.kind === 'refused') return answer;
  if (answer.kind === 'unknown')
    return settle(batch, round, { submission, overBy: answer.overBy }, answer.message);
  return { kind: 'job', job: { job: answer.job, submission, extras: [] } };
}

async function settle(
  batch: Batch,
  round: number,
  unanswered: Unanswered,
  message: string,
): Promise<Attempt> {
  const { submission } = unanswered;
  batch.sent = round;
  batch.note(`Submission ${submission} of round ${round} was sent without an answer: ${message}`);
  count('unanswered', 1, {});
  const search = await findAfterWindow(batch, round, unanswered);
  return toFoundJob(batch, round, search) ?? { kind: 'unanswered', submission, message };
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
}
