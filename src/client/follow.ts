import { setTimeout as pause } from 'node:timers/promises';
import { type BatchProgress, type ErrorCode, HummingbatchError, isEnd } from '../contract/index.ts';

/** Between two queries: short while the batch changes, longer while it waits. */
const MIN_QUERY_INTERVAL_MS = 300;
const MAX_QUERY_INTERVAL_MS = 3_000;
/** How long a worker or a server may be away before the caller gets the error. */
const MAX_OUTAGE_MS = 5 * 60_000;
const TRANSIENT: readonly ErrorCode[] = ['no-worker', 'no-temporal'];

type Query = () => Promise<BatchProgress>;

/** Where a batch stands now, and then each change, until it ends. */
export async function* follow(
  query: Query,
  signal?: AbortSignal,
): AsyncGenerator<BatchProgress, void, undefined> {
  let last = '';
  for (let waitMs = MIN_QUERY_INTERVAL_MS; ; ) {
    const current = await retryQuery(query, signal);
    const shown = JSON.stringify(current);
    const isNew = shown !== last;
    last = shown;
    if (isNew) yield current;
    if (isEnd(current.state)) return;
    waitMs = isNew ? MIN_QUERY_INTERVAL_MS : Math.min(MAX_QUERY_INTERVAL_MS, waitMs * 1.5);
    await pause(waitMs, undefined, { signal });
  }
}

/** The end of a batch, from the changes of {@link follow}. */
export async function waitForEnd(
  id: string,
  changes: AsyncGenerator<BatchProgress, void, undefined>,
): Promise<BatchProgress> {
  for await (const current of changes) if (isEnd(current.state)) return current;
  throw new HummingbatchError('internal', `The batch ${id} ended without a state.`);
}

/** Queries again while the worker or the server restarts: a batch outlives both. */
async function retryQuery(query: Query, signal?: AbortSignal): Promise<BatchProgress> {
  for (const since = Date.now(); ; ) {
    try {
      return await query();
    } catch (error) {
      const isTransient = error instanceof HummingbatchError && TRANSIENT.includes(error.code);
      if (!isTransient || Date.now() - since > MAX_OUTAGE_MS) throw error;
      await pause(MAX_QUERY_INTERVAL_MS, undefined, { signal });
    }
  }
}
