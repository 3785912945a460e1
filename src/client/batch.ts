import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import {
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  type BatchProgress,
  checkNowSignal,
  type ErrorCode,
  fixFor,
  HummingbatchError,
  isEnd,
  type OutputRecord,
  retryUpdate,
  setBudgetUpdate,
  workflowIdOf,
} from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import { toClientError } from './errors.ts';
import { currentProgress } from './progress.ts';
import { storedProgress, storedRecords } from './stored.ts';
import { CALL_DEADLINE_MS } from './temporal.ts';

/** Between two looks at a batch: short while it moves, longer while it waits. */
const WATCH_LEAST_MS = 300;
const WATCH_MOST_MS = 3_000;
/** How long a worker or a server may be away before whoever waits hears of it. */
const PATIENCE_MS = 5 * 60_000;
const PASSING: readonly ErrorCode[] = ['no-worker', 'no-temporal'];

/** A batch that was started, by whomever. Every method's error is a `HummingbatchError`. */
export interface BatchHandle {
  readonly id: string;
  readonly workflowId: string;
  /** Where it stands; from the store where Temporal knows nothing of it. @throws `batch-unknown` */
  progress(): Promise<BatchProgress>;
  /** Its progress whenever it changed, until it ends. A worker or a server that is away for up to 5 min is waited for. */
  watch(signal?: AbortSignal): AsyncGenerator<BatchProgress>;
  /** Waits until it ends. */
  wait(signal?: AbortSignal): Promise<BatchProgress>;
  /** Its records, one by one, once it has ended. */
  records(): AsyncGenerator<OutputRecord>;
  /** Lets an expensive batch go, or refuses it. @throws `wrong-state` */
  approve(approved?: boolean): Promise<BatchProgress>;
  /** Goes on from the step at which it stopped. @throws `wrong-state` */
  goOn(): Promise<BatchProgress>;
  /** Ends a stopped batch with what is there. @throws `wrong-state` */
  accept(): Promise<BatchProgress>;
  /** Settles a submission whose answer was lost: `batches/…`, or `none` to make another. @throws `wrong-state` */
  adopt(job: string): Promise<BatchProgress>;
  /** Changes what it may cost, USD. */
  setBudget(maxCostUsd: number): Promise<BatchProgress>;
  /** Asks Google now instead of at the next check. */
  checkNow(): Promise<void>;
  /** Cancels it: what its job has finished is kept and reported. Harmless where it has ended. */
  cancel(): Promise<void>;
}

export function batchHandle(client: Client, store: Store, id: string): BatchHandle {
  const workflowId = workflowIdOf(id);
  const handle = client.workflow.getHandle(workflowId);

  /** Every call has a deadline, and its failure a code. */
  async function call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await client.withDeadline(Date.now() + CALL_DEADLINE_MS, work);
    } catch (error) {
      throw await endedOr(toClientError(error, id));
    }
  }

  /** Temporal takes a closed workflow that is sent something for one that is not there. */
  async function endedOr(error: HummingbatchError): Promise<HummingbatchError> {
    const stored = error.code === 'batch-unknown' ? await storedProgress(store, id) : undefined;
    if (!stored || !isEnd(stored.state)) return error;
    return new HummingbatchError('wrong-state', `The batch ${id} has ended: it is ${stored.state}.`, {
      fix: fixFor('wrong-state', id),
      cause: error,
    });
  }

  const update = <Args extends unknown[]>(definition: UpdateDefinition<BatchProgress, Args>, ...args: Args) =>
    call(() =>
      handle.executeUpdate<BatchProgress, [unknown]>(definition.name, { args: args as unknown as [unknown] }),
    );

  const progress = () => currentProgress(client, store, id);

  /** Its progress, however often the worker or the server is restarted meanwhile: a batch lives longer than either. */
  async function patiently(signal?: AbortSignal): Promise<BatchProgress> {
    for (const since = Date.now(); ; ) {
      try {
        return await call(progress);
      } catch (error) {
        const passes = error instanceof HummingbatchError && PASSING.includes(error.code);
        if (!passes || Date.now() - since > PATIENCE_MS) throw error;
        await pause(WATCH_MOST_MS, undefined, { signal });
      }
    }
  }

  async function* watch(signal?: AbortSignal): AsyncGenerator<BatchProgress> {
    let last = '';
    for (let waitMs = WATCH_LEAST_MS; ; ) {
      const current = await patiently(signal);
      const shown = JSON.stringify(current);
      const isNew = shown !== last;
      last = shown;
      if (isNew) yield current;
      if (isEnd(current.state)) return;
      waitMs = isNew ? WATCH_LEAST_MS : Math.min(WATCH_MOST_MS, waitMs * 1.5);
      await pause(waitMs, undefined, { signal });
    }
  }

  return {
    id,
    workflowId,
    progress: () => call(progress),
    watch,
    async wait(signal) {
      for await (const current of watch(signal)) if (isEnd(current.state)) return current;
      throw new HummingbatchError('internal', `The batch ${id} ended without a state.`);
    },
    records: () => storedRecords(store, id),
    approve: (approved = true) => update(approveUpdate, { approved }),
    goOn: () => update(retryUpdate),
    accept: () => update(acceptUpdate),
    adopt: (job) => update(adoptUpdate, { job }),
    setBudget: (maxCostUsd) => update(setBudgetUpdate, { maxCostUsd }),
    checkNow: () => call(() => handle.signal(checkNowSignal)),
    cancel: () => call(async () => void (await handle.cancel())),
  };
}
