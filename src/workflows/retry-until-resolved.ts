import {
  type ApplicationFailure,
  CancelledFailure,
  condition,
  isCancellation,
  TemporalFailure,
} from '@temporalio/workflow';
import { stopWaitMs } from '../batch/intervals.ts';
import {
  type Action,
  actionsAtFailure,
  actionsAtStop,
  defaultFix,
  type ErrorCode,
  getRetryPolicy,
  type Step,
  type Stop,
} from '../contract/index.ts';
import type { Batch } from './batch.ts';
import { continueIfLong, continueNow } from './continue.ts';
import { failure, findReason } from './failure.ts';
import { notify } from './notify.ts';
import { saveBatchProgress } from './save-progress.ts';
import { waitForOperator } from './wait-for-operator.ts';

/**
 * How often a step is scheduled, each time with 8 attempts, while workers refuse it as not theirs. Then the batch stops. If half of
 * the queue's workers have another store, all 40 attempts go to them once in 10^12 steps; if three quarters do, once in 10^5.
 */
const MAX_WRONG_WORKER_ROUNDS = 5;
/** A batch can fail only at these steps. Later there may be a job, and a failed batch would leave it running. */
const MAY_FAIL: readonly Step[] = ['prepare', 'approve'];

/**
 * A run that ends in a stop at one of these steps leaves the step to the next one, which stops there again: the next run begins with
 * `prepare`, and what an operator accepts at `collect` is for that step to carry out.
 */
const RUN_AGAIN: readonly Step[] = ['prepare', 'collect'];

/** Stops that an operator may resolve with another key. */
const KEY_PROBLEMS: readonly ErrorCode[] = [
  'no-key',
  'key-invalid',
  'permission-denied',
  'billing-required',
  'wrong-worker',
];

/** Stops after which a retry begins with `prepare`, as a new run does: it writes again what the store has lost. */
const NEEDS_PREPARE: readonly ErrorCode[] = ['store-behind', 'store-corrupt'];

/** Thrown through the steps when an operator ends a stopped batch with the outputs that are finished. */
export class AcceptedIncomplete extends Error {
  override readonly name = 'AcceptedIncomplete';
  /** Why the batch had stopped. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** Stops once. It returns when an operator continues, or after the automatic retry. */
export async function stopOnce(batch: Batch, step: Step, reason: ApplicationFailure): Promise<void> {
  let hasStopped = false;
  await retryUntilResolved(batch, step, async () => {
    if (hasStopped) return;
    hasStopped = true;
    throw reason;
  });
}

/**
 * Runs a step until it is done. If the step's own retries fail, the batch stops and waits for an operator (or for a while, if the
 * failure may resolve itself), and then runs the same step again.
 *
 * @throws the failure itself if the batch can only end: an invalid manifest, a refused approval
 */
export async function retryUntilResolved<Result>(
  batch: Batch,
  step: Step,
  run: () => Promise<Result>,
): Promise<Result> {
  for (let wrongWorkers = 0; ; ) {
    try {
      if (batch.keyMayDiffer) await bindKey(batch);
      const result = await run();
      // The retry is done. A later retry update is refused until the batch stops again.
      batch.requests.retry = false;
      // The step submit is done with its job, and not after each search.
      if (step !== 'submit') batch.forgetStop(step);
      return result;
    } catch (error) {
      // Any other error is a bug in this code: the workflow task fails, and is retried with fixed code.
      if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
      const stop = toStop(batch, step, error);
      if (mayFail(batch, step, stop.code)) throw fail(batch, stop);
      wrongWorkers = stop.code === 'wrong-worker' ? wrongWorkers + 1 : 0;
      if (wrongWorkers % MAX_WRONG_WORKER_ROUNDS !== 0) continue;
      await waitStopped(batch, stop);
    }
  }
}

/**
 * Waits in a stop until an operator continues, or the next try is due.
 *
 * @param isContinued an earlier run of the workflow was in this stop already
 */
export async function waitStopped(batch: Batch, stop: Stop, isContinued = false): Promise<void> {
  const { requests, progress, history } = batch;
  const { state } = progress;
  const retriesItself = getRetryPolicy(stop.code) === 'soon';
  if (!isContinued) {
    Object.assign(requests, { retry: false, accept: false, adopt: undefined });
    const times = batch.countStop(stop);
    const nextTry = Date.now() + stopWaitMs(times, stop.code);
    if (retriesItself) stop.nextTry = new Date(nextTry).toISOString();
  }
  batch.update({ state: 'NEEDS_ATTENTION', stop });
  saveBatchProgress(batch);
  if (!isContinued && batch.lastStop?.times === 1) await notify(batch, 'batch.stopped');

  const isRequested = () =>
    requests.retry || requests.accept || requests.adopt !== undefined || requests.cancel;
  const isOver = () => isRequested() || history.isLong;
  const summary = `stopped (${stop.code}): waiting for ${retriesItself ? 'the next try' : 'an operator'}`;
  let isDue = false;
  if (retriesItself) {
    const delayMs = Math.max(1, Date.parse(stop.nextTry ?? '') - Date.now());
    isDue = !(await condition(isOver, delayMs, { summary }));
  } else await waitForOperator(isOver, summary);

  if (!isRequested() && !isDue) await continueNow(batch, RUN_AGAIN.includes(stop.step) ? undefined : stop);
  if (isRequested()) batch.lastStop = undefined;
  if (requests.cancel) throw new CancelledFailure('The batch was cancelled while it was stopped.');
  if (requests.accept) throw new AcceptedIncomplete(stop.code);
  if (requests.retry && KEY_PROBLEMS.includes(stop.code)) batch.keyMayDiffer = true;
  if (requests.retry && stop.code === 'store-behind') batch.known.mayRestore = true;
  if (requests.retry && NEEDS_PREPARE.includes(stop.code) && stop.step !== 'prepare')
    await continueNow(batch);
  await continueIfLong(batch);
  batch.enter(state);
}

/** Takes the fingerprint of the key that the worker has now. Store and endpoint stay the same. */
async function bindKey(batch: Batch): Promise<void> {
  const { prepared, base } = batch;
  if (prepared) {
    const where = { store: prepared.where.store, endpoint: prepared.where.endpoint };
    const rebound = await batch.run('prepare', 'read the fingerprint of the worker’s key', {
      ...base,
      where,
      input: batch.currentInput,
    });
    batch.prepared = { ...prepared, where: rebound.where };
  }
  batch.keyMayDiffer = false;
}

function toStop(batch: Batch, step: Step, error: unknown): Stop {
  const { code, message, fix = defaultFix(code), actions } = findReason(error);
  const ends = mayFail(batch, step, code);
  return {
    step,
    code,
    message,
    fix,
    actions: actions ?? (ends ? actionsAtFailure(batch.id, code) : chooseActions(batch, step, code)),
    since: new Date().toISOString(),
  };
}

/** What an operator can do about a stop of this batch. */
export function chooseActions(batch: Batch, step: Step, code: ErrorCode): Action[] {
  const { id, cancelling, progress, unanswered } = batch;
  const hasOpenJob = progress.jobs.some(({ state }) => state === 'PENDING' || state === 'RUNNING');
  const hasUnanswered = unanswered > 0;
  return actionsAtStop({ batchId: id, step, code, isCancelling: cancelling, hasOpenJob, hasUnanswered });
}

function mayFail({ sent, progress }: Batch, step: Step, code: ErrorCode): boolean {
  const mayHaveJob = sent > 0 || progress.jobs.length > 0;
  return MAY_FAIL.includes(step) && getRetryPolicy(code) === 'never' && !mayHaveJob;
}

function fail(batch: Batch, stop: Stop): ApplicationFailure {
  batch.end('FAILED', { stop });
  return failure(stop.code, stop.message, { fix: stop.fix, actions: stop.actions });
}
