import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { type Count, counterOn } from '../batch/metrics.ts';
import { type ErrorCode, isErrorCode } from '../contract/errors.ts';
import type { ActivityDeps } from './deps.ts';
import { Stuck, toFailure, wrongWorker } from './failure.ts';
import type { StepInput, Where } from './types.ts';

/** What a step may ask of the attempt that runs it. */
export interface StepContext {
  /** Aborts when the batch is cancelled, the attempt timed out or the worker stops. */
  signal: AbortSignal;
  /** From 1. */
  attempt: number;
  /** Orders the attempts of one step, those of its earlier runs included: a later one has the larger number. */
  sequence: number;
  /** What an earlier attempt last said by `heartbeat`. */
  before: unknown;
  /** Says how far it is; kept and repeated until something newer is said. */
  heartbeat(details: unknown): void;
  /** Counts what the attempt does, for the worker's metrics. */
  count: Count;
}

export type StepFunction<Input extends StepInput, Output> = (
  deps: ActivityDeps,
  input: Input,
  context: StepContext,
) => Promise<Output>;

// A third of the shortest heartbeat timeout: one lost heartbeat must not end an attempt.
const HEARTBEAT_EVERY_MS = 3_000;

/** Makes an activity of a step: heartbeats while it runs, the guard against a foreign worker, typed failures, one log line. */
export function activity<Input extends StepInput, Output>(
  deps: ActivityDeps,
  name: string,
  step: StepFunction<Input, Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const { info, cancellationSignal, heartbeat, metricMeter } = Context.current();
    const count = counterOn(metricMeter);
    const named = findNames(input);
    const log = deps.log.child({ batch: input.batchId, ...named, step: name, attempt: info.attempt });
    const started = deps.now();
    let details: unknown = info.heartbeatDetails;
    const beat = setInterval(() => heartbeat(details), HEARTBEAT_EVERY_MS);
    try {
      heartbeat(details);
      requireOwnWorker(deps, input, info.attempt);
      const output = await step({ ...deps, log }, input, {
        signal: cancellationSignal,
        attempt: info.attempt,
        sequence: info.currentAttemptScheduledTimestampMs * 1000 + info.attempt,
        before: info.heartbeatDetails,
        count,
        heartbeat: (newer) => {
          details = newer;
          heartbeat(newer);
        },
      });
      log.info({ ...(!named.job && findNames(output)), ms: deps.now() - started }, 'done');
      return output;
    } catch (error) {
      const failure = toFailure(error, cancellationSignal);
      const code = findCode(failure);
      if (code) count('failedAttempts', 1, { code });
      log.warn({ ms: deps.now() - started, code: code ?? 'cancelled', error: failure.message }, 'failed');
      throw failure;
    } finally {
      clearInterval(beat);
    }
  };
}

/** What people look for in a log beside the batch: of a step's input, or the job that it has made or found. */
function findNames(plain: unknown): { round?: number; job?: string } {
  const { round, job, found } = (plain ?? {}) as { round?: number; job?: string; found?: { job: string } };
  const name = job ?? found?.job;
  return { ...(round !== undefined && { round }), ...(name !== undefined && { job: name }) };
}

/** None where the step was cancelled. */
function findCode(failure: ReturnType<typeof toFailure>): ErrorCode | undefined {
  if (failure instanceof CancelledFailure) return undefined;
  return isErrorCode(failure.type) ? failure.type : 'internal';
}

/** A step that has attempts without limit says so in the end, too: the workflow offers it again, and shows it. */
const MAX_REFUSALS = 8;

function requireOwnWorker(
  { store, gemini }: ActivityDeps,
  { batchId, where }: StepInput,
  attempt: number,
): void {
  const ours: Required<Where> = {
    store: store.id,
    endpoint: gemini.endpoint,
    keyFingerprint: gemini.keyFingerprint,
  };
  const differs = (Object.keys(ours) as (keyof Where)[]).filter(
    (name) => where[name] && where[name] !== ours[name],
  );
  if (differs.length === 0) return;
  const what = differs.map((name) => FOREIGN[name]).join(' and ');
  const error = wrongWorker(`The batch ${batchId} belongs to a worker with ${what}.`);
  throw attempt < MAX_REFUSALS ? error : new Stuck(error, error.message);
}

const FOREIGN: Record<keyof Where, string> = {
  store: 'another store',
  endpoint: 'another endpoint of Gemini',
  keyFingerprint: 'another key',
};
