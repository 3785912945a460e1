import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import { isChoice } from '../batch/choice.ts';
import {
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  type BatchProgress,
  checkNowUpdate,
  type ErrorCode,
  fixFor,
  HummingbatchError,
  isEnd,
  type OutputRecord,
  type RetryChoice,
  retryUpdate,
  setBudgetUpdate,
  waysOn,
  workflowIdOf,
} from '../contract/index.ts';
import { storedRecords } from '../store/records.ts';
import { toClientError } from './errors.ts';
import { unknownBatch } from './near.ts';
import { currentProgress, lastRun } from './progress.ts';
import { isRunningRetry, retryEnded } from './retry.ts';
import type { StartContext } from './start.ts';
import { storedProgress } from './stored.ts';
import { ANSWER_WITHIN_MS } from './temporal.ts';
import { orNoWorker } from './worker-check.ts';

/** Between two looks at a batch: short while it moves, longer while it waits. */
const LOOK_LEAST_MS = 300;
const LOOK_MOST_MS = 3_000;
/** How long a worker or a server may be away before whoever waits hears of it. */
const PATIENCE_MS = 5 * 60_000;
const PASSING: readonly ErrorCode[] = ['no-worker', 'no-temporal'];

/** How an operation is sent. */
export interface Sending {
  /** Names the request: sent again under the same id, it answers as it did and does nothing more. At most 255 characters. */
  requestId?: string;
}

/**
 * A batch that was started, by whomever. Every method's error is a `HummingbatchError`; each can be `batch-unknown` (with
 * ids that are near), `no-worker` (within 5 s) and `no-temporal`. What makes no sense as the batch stands is refused as
 * `wrong-state`, says how it stands and what would make sense, and leaves no trace in its history.
 */
export interface BatchHandle {
  readonly id: string;
  readonly workflowId: string;
  /** Where it stands; from the store where Temporal knows nothing of it. */
  status(): Promise<BatchProgress>;
  /**
   * Where it stands, at once and whenever that changed, until it ends. A worker or a server that is away for up to 5 min is
   * waited for. It looks every 0.3 to 3 s.
   *
   * @param signal ends it by throwing its reason
   */
  progress(signal?: AbortSignal): AsyncGenerator<BatchProgress, void, undefined>;
  /** Waits until it ends, however long that is, a stop included. */
  wait(signal?: AbortSignal): Promise<BatchProgress>;
  /** Its records in the manifest's order, one by one; none before its first report. */
  records(): AsyncGenerator<OutputRecord, void, undefined>;
  /** Lets an expensive batch go, or refuses it (`false`), which ends it as FAILED and unpaid. */
  approve(approved?: boolean, sending?: Sending): Promise<BatchProgress>;
  /**
   * A stopped batch goes on at the step where it stopped; an ended one makes the outputs chosen again, as a new run of the
   * same id that keeps what is there. Sent twice it happens once.
   */
  retry(choice?: RetryChoice, sending?: Sending): Promise<void>;
  /** Ends a stopped batch with what is there. */
  accept(sending?: Sending): Promise<BatchProgress>;
  /** Settles a submission whose answer was lost: `batches/…` takes that job, `none` makes another. */
  adopt(job: string, sending?: Sending): Promise<BatchProgress>;
  /** Changes what it may cost over all rounds, USD; one that stopped for it goes on. */
  setBudget(maxCostUsd: number, sending?: Sending): Promise<BatchProgress>;
  /** Asks Google now instead of at the next check. */
  checkNow(sending?: Sending): Promise<BatchProgress>;
  /** Cancels it: what its job has finished is kept and reported. Again while it is cancelled: nothing. */
  cancel(): Promise<void>;
}

export function batchHandle(context: StartContext, id: string): BatchHandle {
  const { client, store } = context;
  const workflowId = workflowIdOf(id);
  const handle = client.workflow.getHandle(workflowId);

  /** Every call has a deadline, and its failure a code. */
  async function call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, work);
    } catch (error) {
      throw await whyNot(toClientError(error, id));
    }
  }

  /** Temporal takes a closed workflow that is sent something for one that is not there. */
  async function whyNot(error: HummingbatchError): Promise<HummingbatchError> {
    if (error.code !== 'batch-unknown') return error;
    const stored = await storedProgress(store, id);
    if (!stored) return unknownBatch(store, id);
    const stands = isEnd(stored.state) ? 'has ended' : 'is not running';
    const commands = waysOn(stored).map(({ command }) => `\`${command}\``);
    return new HummingbatchError('wrong-state', `The batch ${id} ${stands}: it is ${stored.state}.`, {
      fix: `What makes sense now: ${commands.join(', ')}.`,
      cause: error,
    });
  }

  const update = <Args extends unknown[]>(
    { name }: UpdateDefinition<BatchProgress, Args>,
    { requestId }: Sending,
    ...args: Args
  ) =>
    call(async () => {
      const run = await lastRun(client, id);
      const answer = handle.executeUpdate<BatchProgress, [unknown]>(name, {
        args: args as unknown as [unknown],
        ...(requestId !== undefined && { updateId: `${name}/${requestId}` }),
      });
      return run?.status === 'RUNNING' ? orNoWorker(client, run.taskQueue, answer) : answer;
    });

  const status = () => call(() => currentProgress(client, store, id));

  /** The same, however often the worker or the server is restarted meanwhile: a batch lives longer than either. */
  async function patiently(signal?: AbortSignal): Promise<BatchProgress> {
    for (const since = Date.now(); ; ) {
      try {
        return await status();
      } catch (error) {
        const passes = error instanceof HummingbatchError && PASSING.includes(error.code);
        if (!passes || Date.now() - since > PATIENCE_MS) throw error;
        await pause(LOOK_MOST_MS, undefined, { signal });
      }
    }
  }

  async function* progress(signal?: AbortSignal): AsyncGenerator<BatchProgress, void, undefined> {
    let last = '';
    for (let waitMs = LOOK_LEAST_MS; ; ) {
      const current = await patiently(signal);
      const shown = JSON.stringify(current);
      const isNew = shown !== last;
      last = shown;
      if (isNew) yield current;
      if (isEnd(current.state)) return;
      waitMs = isNew ? LOOK_LEAST_MS : Math.min(LOOK_MOST_MS, waitMs * 1.5);
      await pause(waitMs, undefined, { signal });
    }
  }

  async function retry(choice: RetryChoice = {}, sending: Sending = {}): Promise<void> {
    const run = await call(() => lastRun(client, id));
    if (run?.status === 'RUNNING') return goOn(choice, sending);
    try {
      await call(() => retryEnded(context, id, choice));
    } catch (error) {
      // Somebody was faster, perhaps with the same request.
      const isTaken = (error as HummingbatchError).cause instanceof WorkflowExecutionAlreadyStartedError;
      if (!isTaken || !(await isThisRetry(choice))) throw error;
    }
  }

  /** Outputs can be chosen once a batch has ended, so a choice is for the retry that runs, or for none. */
  async function goOn(choice: RetryChoice, sending: Sending): Promise<void> {
    const isThis = await isThisRetry(choice);
    if (!isThis && isChoice(choice)) throw await stillOpen();
    try {
      await update(retryUpdate, sending);
    } catch (error) {
      if (!isThis || (error as HummingbatchError).code !== 'wrong-state') throw error;
    }
  }

  const isThisRetry = (choice: RetryChoice) => call(() => isRunningRetry(context, id, choice));

  async function stillOpen(): Promise<HummingbatchError> {
    const { state } = await status();
    const message = `The batch ${id} is ${state}: outputs can be made again once it has ended.`;
    return new HummingbatchError('wrong-state', message, { fix: fixFor('wrong-state', id) });
  }

  return {
    id,
    workflowId,
    status,
    progress,
    async wait(signal) {
      for await (const current of progress(signal)) if (isEnd(current.state)) return current;
      throw new HummingbatchError('internal', `The batch ${id} ended without a state.`);
    },
    records: () => storedRecords(store, id),
    approve: (approved = true, sending = {}) => update(approveUpdate, sending, { approved }),
    retry,
    accept: (sending = {}) => update(acceptUpdate, sending),
    adopt: (job, sending = {}) => update(adoptUpdate, sending, { job }),
    setBudget: (maxCostUsd, sending = {}) => update(setBudgetUpdate, sending, { maxCostUsd }),
    checkNow: (sending = {}) => update(checkNowUpdate, sending),
    cancel: () => call(async () => void (await handle.cancel())),
  };
}
