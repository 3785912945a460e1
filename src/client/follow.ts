import { setTimeout as pause } from 'node:timers/promises';
import { type BatchProgress, type ErrorCode, HummingbatchError, isEnd } from '../contract/index.ts';

/** Between two looks at a batch: short while it moves, longer while it waits. */
const MIN_QUERY_INTERVAL_MS = 300;
const MAX_QUERY_INTERVAL_MS = 3_000;
/** How long a worker or a server may be away before whoever waits hears of it. */
const PATIENCE_MS = 5 * 60_000;
const PASSING: readonly ErrorCode[] = ['no-worker', 'no-temporal'];

type Look = () => Promise<BatchProgress>;

/** Where a batch stands, at once and whenever that changed, until it ends. */
export async function* follow(
  look: Look,
  signal?: AbortSignal,
): AsyncGenerator<BatchProgress, void, undefined> {
  let last = '';
  for (let waitMs = MIN_QUERY_INTERVAL_MS; ; ) {
    const current = await retryQuery(look, signal);
    const shown = JSON.stringify(current);
    const isNew = shown !== last;
    last = shown;
    if (isNew) yield current;
    if (isEnd(current.state)) return;
    waitMs = isNew ? MIN_QUERY_INTERVAL_MS : Math.min(MAX_QUERY_INTERVAL_MS, waitMs * 1.5);
    await pause(waitMs, undefined, { signal });
  }
}

/** Its end, of those that {@link follow} tells. */
export async function waitForEnd(
  id: string,
  changes: AsyncGenerator<BatchProgress, void, undefined>,
): Promise<BatchProgress> {
  for await (const current of changes) if (isEnd(current.state)) return current;
  throw new HummingbatchError('internal', `The batch ${id} ended without a state.`);
}

/** However often the worker or the server is restarted meanwhile: a batch lives longer than either. */
async function retryQuery(look: Look, signal?: AbortSignal): Promise<BatchProgress> {
  for (const since = Date.now(); ; ) {
    try {
      return await look();
    } catch (error) {
      const passes = error instanceof HummingbatchError && PASSING.includes(error.code);
      if (!passes || Date.now() - since > PATIENCE_MS) throw error;
      await pause(MAX_QUERY_INTERVAL_MS, undefined, { signal });
    }
  }
}
