import { CancellationScope, sleep } from '@temporalio/workflow';
import type { FoundJob, Search, Submitted } from '../activities/types.ts';
import { quotaWaitMs } from '../batch/intervals.ts';
import { type ErrorCode, retryPolicyOf } from '../contract/index.ts';
import type { Batch } from './batch.ts';
import { persist, stopFor, stopOnce } from './persist.ts';

/** After this long at Google's limit a person should know. */
const QUOTA_PATIENCE_MS = 72 * 3_600_000;
/** The longest between a permit and the end of its POST: 10 s to send it, 20 s for the answer. */
const POST_OVER_MS = 30_000;
/** Submissions of one round that may end without an answer before somebody should look. */
const UNKNOWN_IN_A_ROW = 5;
/** The same for submissions that never left this machine. */
const REFUSALS_IN_A_ROW = 5;
const REFUSAL_PAUSE_MS = 10_000;

/** What one try to submit came to. */
type Attempt =
  | { kind: 'job'; found: FoundJob }
  | { kind: 'quota'; message: string; retryAfterMs?: number }
  | { kind: 'refused'; code: ErrorCode; message: string }
  | { kind: 'unknown'; submission: number; message: string };

/**
 * Makes the round's job, exactly one: stages, looks for a job that is there already, takes a permit, posts once. A
 * submission whose answer was lost is looked for until the visibility window is over, and only then made again.
 */
export async function submitRound(batch: Batch, round: number): Promise<FoundJob> {
  const settled = new Set<number>();
  let quota: { since: number; tries: number } | undefined;
  let unknown = 0;
  let refusals = 0;
  for (;;) {
    batch.enter('STAGING');
    await persist(batch, 'stage', () =>
      batch.run('stageRound', `round ${round}: upload what is missing`, { ...batch.base, round }),
    );
    batch.update({ state: 'SUBMITTING' });
    // From the permit to its answer nothing may be cancelled: a job that nobody knows of would go on and be billed.
    const attempt = await CancellationScope.nonCancellable(() => trySubmit(batch, round, settled));
    if (attempt.kind === 'job') return attempt.found;
    if (attempt.kind === 'quota') {
      quota = { since: quota?.since ?? Date.now(), tries: (quota?.tries ?? 0) + 1 };
      await waitForQuota(batch, round, attempt, quota);
      continue;
    }
    quota = undefined;
    if (attempt.kind === 'refused') await afterRefusal(batch, round, attempt, ++refusals);
    else if (await mayMakeAnother(batch, attempt, ++unknown)) settled.add(attempt.submission);
  }
}

async function trySubmit(batch: Batch, round: number, settled: Set<number>): Promise<Attempt> {
  const search = await findJob(batch, round);
  const open = search.unanswered;
  if (search.found) return { kind: 'job', found: search.found };
  if (open && !settled.has(open.submission)) return settle(batch, round, open);

  const submission = search.next;
  const answer = await persist(batch, 'submit', () =>
    batch.run('createJob', `round ${round}: make the job, submission ${submission}`, {
      ...batch.base,
      round,
      submission,
    }),
  );
  if (answer.kind === 'created') return { kind: 'job', found: { job: answer.job, submission } };
  if (answer.kind === 'unknown')
    return settle(batch, round, { submission, at: answer.since }, answer.message);
  return refused(answer);
}

function refused({ code, message, retryAfterMs }: Submitted & { kind: 'refused' }): Attempt {
  return code === 'rate-limited'
    ? { kind: 'quota', message, ...(retryAfterMs && { retryAfterMs }) }
    : { kind: 'refused', code, message };
}

/** Waits until a job of this submission would be in LIST, and looks. */
async function settle(
  batch: Batch,
  round: number,
  { submission, at }: { submission: number; at: number },
  message = 'An attempt to submit ended without an answer.',
): Promise<Attempt> {
  const overAt = Math.min(at, Date.now()) + POST_OVER_MS;
  const wait = Math.max(0, overAt - Date.now()) + batch.options.submitWindowMs;
  batch.notes.push(`Submission ${submission} of round ${round} was sent without an answer: ${message}`);
  await sleep(wait, { summary: `round ${round}: submission ${submission} may still come to light` });
  const search = await findJob(batch, round);
  return search.found ? { kind: 'job', found: search.found } : { kind: 'unknown', submission, message };
}

export function findJob(batch: Batch, round: number): Promise<Search> {
  // LIST pages shift while jobs come and go, so two passes are some seconds apart; less where the window is short.
  const pauseMs = Math.min(3_000, Math.ceil(batch.options.submitWindowMs / 10));
  return persist(batch, 'submit', () =>
    batch.run('findJob', `round ${round}: is there a job already?`, { ...batch.base, round, pauseMs }),
  );
}

/** Nothing was made. What may mend itself is tried again soon, everything else waits for a person. */
async function afterRefusal(
  batch: Batch,
  round: number,
  { code, message }: Attempt & { kind: 'refused' },
  inARow: number,
): Promise<void> {
  if (retryPolicyOf(code) !== 'soon' || inARow >= REFUSALS_IN_A_ROW)
    return stopOnce(batch, 'submit', stopFor(code, message));
  await sleep(REFUSAL_PAUSE_MS * inARow, { summary: `round ${round}: ${code}, the next try follows` });
}

/** Whether a submission of which nothing came to light may be followed by another. */
async function mayMakeAnother(
  batch: Batch,
  { message }: Attempt & { kind: 'unknown' },
  inARow: number,
): Promise<boolean> {
  if (batch.options.onUnknownSubmit === 'park') {
    await stopOnce(
      batch,
      'submit',
      stopFor('submission-unknown', `Nobody can say whether a job was made: ${message}`),
    );
    // A plain retry only looks again; that another may be made, a person must say.
    return takeAdoption(batch);
  }
  if (inARow % UNKNOWN_IN_A_ROW === 0)
    await stopOnce(
      batch,
      'submit',
      stopFor('unavailable', `${inARow} submissions in a row ended without an answer: ${message}`),
    );
  return true;
}

function takeAdoption({ requests }: Batch): boolean {
  const { adopt } = requests;
  requests.adopt = undefined;
  return adopt === 'none';
}

async function waitForQuota(
  batch: Batch,
  round: number,
  { message, retryAfterMs }: Attempt & { kind: 'quota' },
  quota: { since: number; tries: number },
): Promise<void> {
  if (Date.now() - quota.since > QUOTA_PATIENCE_MS)
    return stopOnce(
      batch,
      'submit',
      stopFor('rate-limited', `Google has refused the job for 72 hours: ${message}`),
    );
  const wait = quotaWaitMs(quota.tries, retryAfterMs);
  batch.update({
    quota: { since: new Date(quota.since).toISOString(), nextTry: new Date(Date.now() + wait).toISOString() },
  });
  await sleep(wait, { summary: `round ${round}: Google is at its limit, try ${quota.tries + 1} follows` });
}
