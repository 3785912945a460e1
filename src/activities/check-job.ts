import { nextCheckMs } from '../batch/intervals.ts';
import { type ErrorCode, HummingbatchError } from '../contract/index.ts';
import { isEnd } from '../gemini/index.ts';
import type { ActivityDeps } from './deps.ts';
import { Stuck } from './failure.ts';
import { findOthers } from './find-job.ts';
import type { StepContext } from './step.ts';
import type { CheckJobInput, FoundJob, JobStatus } from './types.ts';

const STORE_TROUBLE: readonly ErrorCode[] = ['store-missing', 'store-unwritable'];
/** With the waits doubling from 1 s a quarter of a minute. */
const STORE_TRIES = 5;

/** One look at a job, and where it is asked for at the other jobs of its round. */
export async function checkJob(
  deps: ActivityDeps,
  input: CheckJobInput,
  context: StepContext,
): Promise<JobStatus> {
  const { gemini, now, random, log } = deps;
  const { name, state, wireState, createTime, pending, successful, failed, resultFile, error } =
    await gemini.jobs.get(input.job, context.signal);
  // Taken at its word it would lose all that was paid for.
  if (state === 'SUCCEEDED' && !resultFile)
    throw new HummingbatchError(
      'invalid-response',
      `Gemini says that ${name} has succeeded, and does not say where its results are.`,
    );
  const ageMs = Math.max(0, now() - (createTime ?? input.submittedAt));
  if (state === 'UNKNOWN')
    log.warn({ wireState }, 'Gemini names a state that is not known: taken for running');
  const ended = isEnd(state);
  const isLooked = input.look === 'now' || (input.look === 'at-end' && ended);
  return {
    job: name,
    state,
    ...(state === 'UNKNOWN' && { wireState: wireState.slice(0, 100) }),
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
    ...(isLooked && { others: await findOtherJobs(deps, input, context) }),
  };
}

/** A check has many attempts, for outages of Google's. A store that is still away after some of them is a person's matter. */
async function findOtherJobs(
  deps: ActivityDeps,
  input: CheckJobInput,
  { attempt, signal }: StepContext,
): Promise<FoundJob[]> {
  try {
    return await findOthers(deps, input, signal);
  } catch (error) {
    const isStore = error instanceof HummingbatchError && STORE_TROUBLE.includes(error.code);
    throw isStore && attempt >= STORE_TRIES ? new Stuck(error, error.message) : error;
  }
}
