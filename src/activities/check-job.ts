import { nextCheckMs } from '../batch/intervals.ts';
import { HummingbatchError } from '../contract/index.ts';
import { isEnd } from '../gemini/index.ts';
import type { ActivityDeps } from './deps.ts';
import { findOthers } from './find-job.ts';
import type { StepContext } from './step.ts';
import type { CheckJobInput, JobStatus } from './types.ts';

/** One look at a job, and where it is asked for at the other jobs of its round. */
export async function checkJob(
  deps: ActivityDeps,
  input: CheckJobInput,
  { signal }: StepContext,
): Promise<JobStatus> {
  const { gemini, now, random, log } = deps;
  const { name, state, wireState, createTime, pending, successful, failed, resultFile, error } =
    await gemini.jobs.get(input.job, signal);
  // Taken at its word it would lose all that was paid for.
  if (state === 'SUCCEEDED' && !resultFile)
    throw new HummingbatchError(
      'garbled',
      `Gemini says that ${name} has succeeded, and does not say where its results are.`,
    );
  const ageMs = Math.max(0, now() - (createTime ?? input.submittedAt));
  if (state === 'UNKNOWN')
    log.warn({ job: name, wireState }, 'Gemini names a state that is not known: taken for running');
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
    ...(isLooked && { others: await findOthers(deps, input, signal) }),
  };
}
