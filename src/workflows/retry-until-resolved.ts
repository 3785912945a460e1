import {
  type ApplicationFailure,
  CancelledFailure,
  condition,
  isCancellation,
  TemporalFailure,
} from '@temporalio/workflow';
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
import { failure, findReason } from './failure.ts';
import { notifyStop } from './notify.ts';
import { saveBatchProgress } from './save-progress.ts';
import { waitForOperator } from './wait-for-operator.ts';

/** How often a stop that may mend itself (429, 5xx, disk, store) looks whether it has. */
const RETRY_EVERY_MS = 30 * 60_000;
/**
 * A step that a worker refuses as not its own is offered this often, each time in 8 attempts, before the batch stops.
 * Where every other worker of the queue is a foreign one, all 40 grabs are theirs once in 10^12 steps; of three in four
 * once in 10^5.
 */
const OFFERS = 5;
/** And then again after this long, doubling up to the half hour: the right worker is perhaps only being restarted. */
const FIRST_OFFER_AGAIN_MS = 60_000;
/** Only here can a batch fail: later there may be a job, and a batch that ended would leave it behind. */
const MAY_FAIL: readonly Step[] = ['prepare', 'approve'];

/** Stops that a person may mend by another key. */
const KEY_TROUBLE: readonly ErrorCode[] = [
  'no-key',
  'key-invalid',
  'permission-denied',
  'billing-required',
  'wrong-worker',
];

/** Thrown through the steps when a person ends a stopped batch with what is there. */
export class AcceptedIncomplete extends Error {
  override readonly name = 'AcceptedAsItIs';
  /** What it had stopped for. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode) {
    super(code);
    this.code = code;
  }
}

/** Stops once, and returns when a person, or half an hour, says to go on. */
export async function stopOnce(batch: Batch, step: Step, reason: ApplicationFailure): Promise<void> {
  let told = false;
  await retryUntilResolved(batch, step, async () => {
    if (told) return;
    told = true;
    throw reason;
  });
}

/**
 * Runs a step until it is done. A failure that its own retries could not mend stops the batch, which then waits for a
 * person (or half an hour, where it may mend itself) and goes on with the same step.
 *
 * @throws the failure itself where the batch can only end: a bad manifest, a refused approval
 */
export async function retryUntilResolved<Result>(
  batch: Batch,
  step: Step,
  run: () => Promise<Result>,
): Promise<Result> {
  for (let refused = 0; ; ) {
    try {
      if (batch.keyMayDiffer) await bindKey(batch);
      const result = await run();
      // What it was told is done: told again, it would make no sense.
      batch.requests.retry = false;
      // A submission is over with its job, and not where a look for it succeeds.
      if (step !== 'submit') batch.isOver(step);
      return result;
    } catch (error) {
      // What is no failure of Temporal's is a fault in this code: the workflow task fails and is tried again after a mend.
      if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
      const stop = toStop(batch, step, error);
      if (mayFail(step, stop.code)) throw fail(batch, stop);
      refused = stop.code === 'wrong-worker' ? refused + 1 : 0;
      if (refused % OFFERS !== 0) continue;
      await waitStopped(batch, stop, retryDelayMs(refused / OFFERS));
    }
  }
}

/** @param stops in a row for want of the right worker */
function retryDelayMs(stops: number): number {
  return stops === 0 ? RETRY_EVERY_MS : Math.min(RETRY_EVERY_MS, FIRST_OFFER_AGAIN_MS * 2 ** (stops - 1));
}

async function waitStopped(batch: Batch, stop: Stop, againMs: number): Promise<void> {
  const { requests, progress } = batch;
  const { state } = progress;
  const mends = getRetryPolicy(stop.code) === 'soon';
  Object.assign(requests, { retry: false, accept: false, adopt: undefined });
  const nextTry = mends ? { nextTry: new Date(Date.now() + againMs).toISOString() } : {};
  batch.update({ state: 'NEEDS_ATTENTION', stop: { ...stop, ...nextTry } });
  saveBatchProgress(batch);
  await notifyStop(batch, stop);

  const asked = () => requests.retry || requests.accept || requests.adopt !== undefined || requests.cancel;
  if (mends) await condition(asked, againMs, { summary: `stopped (${stop.code}): next try` });
  else await waitForOperator(asked, `stopped (${stop.code}): waits for a person`);

  if (asked()) batch.lastNotifiedStop = undefined;
  if (requests.cancel) throw new CancelledFailure('The batch was cancelled while it was stopped.');
  if (requests.accept) throw new AcceptedIncomplete(stop.code);
  if (requests.retry && KEY_TROUBLE.includes(stop.code)) batch.keyMayDiffer = true;
  batch.enter(state);
}

/** Asks the worker that serves the batch now for its key's print; store and endpoint stay as they were. */
async function bindKey(batch: Batch): Promise<void> {
  const { prepared, base } = batch;
  if (prepared) {
    const where = { store: prepared.where.store, endpoint: prepared.where.endpoint };
    const again = await batch.run('prepare', 'which key has the worker now?', {
      ...base,
      where,
      input: batch.inputNow,
    });
    batch.prepared = { ...prepared, where: again.where };
  }
  batch.keyMayDiffer = false;
}

function toStop(batch: Batch, step: Step, error: unknown): Stop {
  const { code, message, fix = defaultFix(code), actions } = findReason(error);
  const ends = mayFail(step, code);
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
export function chooseActions({ id, cancelling, progress }: Batch, step: Step, code: ErrorCode): Action[] {
  const hasOpenJob = progress.jobs.some(({ state }) => state === 'PENDING' || state === 'RUNNING');
  return actionsAtStop({ batchId: id, step, code, isCancelling: cancelling, hasOpenJob });
}

function mayFail(step: Step, code: ErrorCode): boolean {
  return MAY_FAIL.includes(step) && getRetryPolicy(code) === 'never';
}

function fail(batch: Batch, stop: Stop): ApplicationFailure {
  batch.end('FAILED', { stop });
  return failure(stop.code, stop.message, { fix: stop.fix, actions: stop.actions });
}
