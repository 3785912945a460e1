import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { type Count, createCounter } from '../batch/metrics.ts';
import { type ErrorCode, HummingbatchError, isErrorCode } from '../contract/errors.ts';
import type { ActivityDeps } from './deps.ts';
import { NonRetryableError, toFailure, wrongWorker } from './failure.ts';
import { requireKnown } from './known.ts';
import { findOwner } from './owner.ts';
import { NO_TURN, type Turn, type Turns } from './turns.ts';
import type { StepInput, Where } from './types.ts';

/** What a step gets from the attempt that runs it. */
export interface StepContext {
  /** Aborts when the batch is cancelled, the attempt timed out or the worker stops. */
  signal: AbortSignal;
  /** From 1. */
  attempt: number;
  /** Of the workflow. */
  runId: string;
  /** Orders the attempts of one step, including those of its earlier runs: a later attempt has the larger number. */
  sequence: number;
  /** The details of the last heartbeat of an earlier attempt. */
  lastHeartbeat: unknown;
  /** Sends a heartbeat with these details, and repeats them until the next call. */
  heartbeat(details: unknown): void;
  /** Counts what the attempt does, for the worker's metrics. */
  count: Count;
  /** That of a transfer; a long one passes it, so that others get theirs. */
  turn: Turn;
}

export type StepFunction<Input extends StepInput, Output> = (
  deps: ActivityDeps,
  input: Input,
  context: StepContext,
) => Promise<Output>;

// A third of the shortest heartbeat timeout (10 s): one lost heartbeat must not end an attempt.
const HEARTBEAT_EVERY_MS = 3_000;

/**
 * Makes an activity of a step. Adds heartbeats, a turn where it is a transfer, the checks that the batch belongs to this worker and that the store has not lost what
 * the workflow knows, typed failures, and one log line.
 */
export function activity<Input extends StepInput, Output>(
  deps: ActivityDeps,
  name: string,
  step: StepFunction<Input, Output>,
  turns?: Turns,
): (input: Input) => Promise<Output> {
  return async (input) => {
    const { info, cancellationSignal, metricMeter, heartbeat: sendHeartbeat } = Context.current();
    // A local activity has none: the worker would log a warning for each (@temporalio/worker 1.24.0).
    const heartbeat: typeof sendHeartbeat = info.isLocal ? () => undefined : sendHeartbeat;
    const count = createCounter(metricMeter);
    const fields = findLogFields(input);
    const log = deps.log.child({ batch: input.batchId, ...fields, step: name, attempt: info.attempt });
    const started = deps.now();
    let details: unknown = info.heartbeatDetails;
    const heartbeatTimer = setInterval(() => heartbeat(details), HEARTBEAT_EVERY_MS);
    let turn = NO_TURN;
    try {
      heartbeat(details);
      requireOwnWorker(deps, input, info.attempt);
      if (input.known) await requireKnown(deps.store, input.batchId, input.known);
      if (turns) turn = await turns.take(await findOwner(deps.store, input), cancellationSignal);
      const output = await step({ ...deps, log }, input, {
        signal: cancellationSignal,
        attempt: info.attempt,
        runId: info.workflowExecution?.runId ?? '',
        sequence: info.currentAttemptScheduledTimestampMs * 1000 + info.attempt,
        lastHeartbeat: info.heartbeatDetails,
        count,
        turn,
        heartbeat: (latest) => {
          details = latest;
          heartbeat(latest);
        },
      });
      log.info({ ...(!fields.job && findLogFields(output)), ms: deps.now() - started }, 'done');
      return output;
    } catch (caught) {
      const error = await explainLoss(deps, input, caught);
      const failure = toFailure(error, cancellationSignal);
      const code = getErrorCode(failure);
      if (code) count('failedAttempts', 1, { code });
      log.warn({ ms: deps.now() - started, code: code ?? 'cancelled', error: failure.message }, 'failed');
      throw failure;
    } finally {
      turn.end();
      clearInterval(heartbeatTimer);
    }
  };
}

/** The store may have lost a file while the step ran. */
async function explainLoss({ store }: ActivityDeps, input: StepInput, error: unknown): Promise<unknown> {
  const isCorrupt = error instanceof HummingbatchError && error.code === 'store-corrupt';
  if (!isCorrupt || !input.known) return error;
  return requireKnown(store, input.batchId, input.known).then(
    () => error,
    (loss: unknown) => loss,
  );
}

/**
 * The fields that people search a log for: round and job, from a step's input or from the job that it created or found.
 */
function findLogFields(value: unknown): { round?: number; job?: string } {
  const { round, job, found } = (value ?? {}) as { round?: number; job?: string; found?: { job: string } };
  const name = job ?? found?.job;
  return { ...(round !== undefined && { round }), ...(name !== undefined && { job: name }) };
}

/** Undefined where the step was cancelled. */
function getErrorCode(failure: ReturnType<typeof toFailure>): ErrorCode | undefined {
  if (failure instanceof CancelledFailure) return undefined;
  return isErrorCode(failure.type) ? failure.type : 'internal';
}

/**
 * After this many refusals in a row the activity fails for good, even where its attempts have no limit: the workflow
 * then shows the problem and offers the step again.
 */
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
  const what = differs.map((name) => DIFFERENCES[name]).join(' and ');
  const error = wrongWorker(`The batch ${batchId} belongs to a worker with ${what}.`);
  throw attempt < MAX_REFUSALS ? error : new NonRetryableError(error, error.message);
}

const DIFFERENCES: Record<keyof Where, string> = {
  store: 'another store',
  endpoint: 'another endpoint of Gemini',
  keyFingerprint: 'another key',
};
