import { nextCheckMs } from '../batch/intervals.ts';
import { type ErrorCode, HummingbatchError } from '../contract/index.ts';
import { clip } from '../contract/text.ts';
import { isEnd } from '../gemini/index.ts';
import type { ActivityDeps } from './deps.ts';
import { NonRetryableError } from './failure.ts';
import { findOtherJobs } from './find-job.ts';
import type { StepContext } from './step.ts';
import type { CheckJobInput, FoundJob, JobStatus } from './types.ts';

const STORE_UNAVAILABLE: readonly ErrorCode[] = ['store-missing', 'store-unwritable'];
/** With pauses that double from 1 s, five attempts take 15 s. */
const MAX_STORE_ATTEMPTS = 5;

/**
 * Reads a job's state with one GET. Where `search` asks for it, also searches for further jobs of the same round.
 *
 * @throws `invalid-response` for a job that succeeded without a result file, and errors of Google and the store
 */
export async function checkJob(
  deps: ActivityDeps,
  input: CheckJobInput,
  context: StepContext,
): Promise<JobStatus> {
  const { gemini, now, random, log } = deps;
  const { name, state, wireState, createTime, answeredAt, pending, successful, failed, resultFile, error } =
    await gemini.jobs.get(input.job, context.signal);
  // Collecting nothing here would lose every image that was paid for.
  if (state === 'SUCCEEDED' && !resultFile)
    throw new HummingbatchError(
      'invalid-response',
      `Gemini reports ${name} as SUCCEEDED without naming its result file.`,
    );
  // Both times by Google's clock: a worker whose clock is days ahead would cancel every job as past its deadline.
  const ageMs = Math.max(0, (answeredAt ?? now()) - (createTime ?? input.submittedAt));
  if (state === 'UNKNOWN') log.warn({ wireState }, 'unknown job state: treated as running');
  const ended = isEnd(state);
  const isSearching = input.search === 'now' || (input.search === 'at-end' && ended);
  return {
    job: name,
    state,
    ...(state === 'UNKNOWN' && { wireState: clip(wireState, 100) }),
    ended,
    pending,
    successful,
    failed,
    ...(resultFile && { resultFile }),
    ...(error && { error }),
    ageMs,
    nextCheckMs: nextCheckMs({
      ageMs,
      random: random(),
      minMs: input.minIntervalMs,
      maxMs: input.maxIntervalMs,
    }),
    ...(isSearching && { others: await findOthersOrStop(deps, input, context) }),
  };
}

/**
 * A check has many attempts, because Google has outages. A store that is still missing after some of them needs an
 * operator.
 */
async function findOthersOrStop(
  deps: ActivityDeps,
  input: CheckJobInput,
  { attempt, signal }: StepContext,
): Promise<FoundJob[]> {
  try {
    return await findOtherJobs(deps, input, signal);
  } catch (error) {
    const isStore = error instanceof HummingbatchError && STORE_UNAVAILABLE.includes(error.code);
    throw isStore && attempt >= MAX_STORE_ATTEMPTS ? new NonRetryableError(error, error.message) : error;
  }
}
