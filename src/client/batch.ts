import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { isSelector } from '../batch/selector.ts';
import {
  type Action,
  ADOPT_REQUEST,
  APPROVE_REQUEST,
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  availableActions,
  type BatchProgress,
  check,
  checkNowUpdate,
  HummingbatchError,
  isEnd,
  type OutputRecord,
  RETRY_SELECTOR,
  type RetrySelector,
  retryUpdate,
  SET_BUDGET_REQUEST,
  setBudgetUpdate,
  toWorkflowId,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { readRecords } from '../store/records.ts';
import { toClientError, toUpdateError } from './errors.ts';
import { follow, waitForEnd } from './follow.ts';
import { lastRun } from './last-run.ts';
import { unknownBatch } from './near.ts';
import { currentProgress } from './progress.ts';
import { isRunningRetry, type RetryCall, retryEnded } from './retry.ts';
import { STARTED_WITHIN_MS, type StartContext } from './start.ts';
import { storedProgress } from './stored.ts';
import { ANSWER_WITHIN_MS } from './temporal.ts';
import { orNoWorker, requireWorkerIfKnown } from './worker-check.ts';

/** How an operation is sent. */
export interface RequestOptions {
  /** Names the request: sent again under the same id, it answers as it did and does nothing more. At most 255 characters. */
  requestId?: string | undefined;
}

/**
 * A batch, whoever started it. Every method throws a `HummingbatchError`: `batch-unknown` (with similar ids), `no-worker` (within
 * 5 s) or `no-temporal`. An operation that the batch's state does not allow throws `wrong-state`, which names the state and the
 * operations that it allows, and leaves no trace in the history.
 */
export interface BatchHandle {
  readonly id: string;
  readonly workflowId: string;
  /** Where it stands; from the store where Temporal does not know it. */
  status(): Promise<BatchProgress>;
  /**
   * Where it stands now, and then each change, until it ends. It queries every 0.3 to 3 s, and waits up to 5 min for a worker or
   * a server that is away.
   *
   * @param signal ends it by throwing its reason
   */
  progress(signal?: AbortSignal): AsyncGenerator<BatchProgress, void, undefined>;
  /** Waits until it ends, for days if it must, and through stops. */
  wait(signal?: AbortSignal): Promise<BatchProgress>;
  /** Its records in the manifest's order, one by one; none before its first report. */
  records(): AsyncGenerator<OutputRecord, void, undefined>;
  /** Approves a batch that waits for it, or refuses it (`false`), which ends it as FAILED and unpaid. */
  approve(approved?: boolean, sending?: RequestOptions): Promise<BatchProgress>;
  /**
   * A stopped batch continues at the step where it stopped. An ended one makes the selected outputs again, as a new run of the
   * same id that keeps the images that there are. Sent twice it happens once.
   */
  retry(choice?: RetrySelector, sending?: RequestOptions): Promise<void>;
  /** Ends a stopped batch with the images that it has. */
  accept(sending?: RequestOptions): Promise<BatchProgress>;
  /** Settles a submission whose answer was lost: `batches/…` takes that job, `none` submits another. */
  adopt(job: string, sending?: RequestOptions): Promise<BatchProgress>;
  /** Changes what it may cost over all rounds, USD; a batch that stopped for it continues. */
  setBudget(maxCostUsd: number, sending?: RequestOptions): Promise<BatchProgress>;
  /** Asks Google now instead of at the next check. */
  checkNow(sending?: RequestOptions): Promise<BatchProgress>;
  /** Cancels it: what its job has finished is kept and reported. Idempotent. */
  cancel(): Promise<void>;
}

export function batchHandle(context: StartContext, id: string): BatchHandle {
  const { client, store } = context;
  const workflowId = toWorkflowId(id);
  const handle = client.workflow.getHandle(workflowId);

  /** Every call has a deadline and fails with a code. */
  async function call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, work);
    } catch (error) {
      throw await explainUnknown(toClientError(error, id));
    }
  }

  /** To Temporal a closed workflow that gets an update is not found. */
  async function explainUnknown(error: HummingbatchError): Promise<HummingbatchError> {
    if (error.code !== 'batch-unknown') return error;
    const stored = await storedProgress(store, id);
    if (!stored) return unknownBatch(store, id);
    const stands = isEnd(stored.state) ? 'has ended' : 'is not running';
    const actions: Action[] = isEnd(stored.state)
      ? availableActions(stored)
      : [{ action: 'retry', batchId: id }];
    return new HummingbatchError('wrong-state', `The batch ${id} ${stands}: it is ${stored.state}.`, {
      actions,
      cause: error,
    });
  }

  const update = <Args extends unknown[]>(
    { name }: UpdateDefinition<BatchProgress, Args>,
    { requestId }: RequestOptions,
    ...args: Args
  ) =>
    call(async () => {
      const run = await lastRun(client, id);
      const isRunning = run?.status === 'RUNNING';
      // Temporal keeps an update for a worker that comes later, which would carry it out when nobody expects it any more.
      if (isRunning) await requireWorkerIfKnown(client, run.taskQueue);
      const answer = handle.executeUpdate<BatchProgress, [unknown]>(name, {
        args: args as unknown as [unknown],
        ...(requestId !== undefined && { updateId: `${name}/${requestId}` }),
      });
      try {
        return await (isRunning ? orNoWorker(client, run.taskQueue, answer) : answer);
      } catch (error) {
        throw toUpdateError(error, id);
      }
    });

  const status = () => call(() => currentProgress(client, store, id));

  async function retry(choice: RetrySelector = {}, { requestId }: RequestOptions = {}): Promise<void> {
    const asked = { choice: check(RETRY_SELECTOR, choice), requestId };
    const run = await call(() => lastRun(client, id));
    if (run?.status === 'RUNNING') return retryOpen(asked);
    try {
      await client.withDeadline(Date.now() + STARTED_WITHIN_MS, () => retryEnded(context, id, asked));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError))
        throw await explainUnknown(toClientError(error, id));
      // Another caller was faster, perhaps with the same request.
      if (!(await isThis(asked))) throw await stillOpen();
    }
  }

  /** Outputs can be selected once a batch has ended, so a selection must be that of the running retry. */
  async function retryOpen(asked: RetryCall): Promise<void> {
    const isThisRetry = await isThis(asked);
    if (!isThisRetry && isSelector(asked.choice)) throw await stillOpen();
    try {
      await update(retryUpdate, asked);
    } catch (error) {
      if (!isThisRetry || (error as HummingbatchError).code !== 'wrong-state') throw error;
    }
  }

  const isThis = (asked: RetryCall) => call(() => isRunningRetry(context, id, asked));

  async function stillOpen(): Promise<HummingbatchError> {
    const progress = await status();
    const message = `The batch ${id} is ${progress.state}: outputs can be made again once it has ended.`;
    return new HummingbatchError('wrong-state', message, { actions: availableActions(progress) });
  }

  async function* records(): AsyncGenerator<OutputRecord, void, undefined> {
    if (!(await store.head(batchPlaces(id).manifest))) throw await unknownBatch(store, id);
    yield* readRecords(store, id);
  }

  return {
    id,
    workflowId,
    status,
    progress: (signal) => follow(status, signal),
    wait: (signal) => waitForEnd(id, follow(status, signal)),
    records,
    approve: async (approved = true, sending = {}) =>
      update(approveUpdate, sending, check(APPROVE_REQUEST, { approved })),
    retry,
    accept: (sending = {}) => update(acceptUpdate, sending),
    adopt: async (job, sending = {}) => update(adoptUpdate, sending, check(ADOPT_REQUEST, { job })),
    setBudget: async (maxCostUsd, sending = {}) =>
      update(setBudgetUpdate, sending, check(SET_BUDGET_REQUEST, { maxCostUsd })),
    checkNow: (sending = {}) => update(checkNowUpdate, sending),
    cancel: () => call(async () => void (await handle.cancel())),
  };
}
