import { type Hummingbatch, requireWorker } from '../client/index.ts';
import { HummingbatchError } from '../contract/index.ts';
import { withDeadline } from '../host/with-deadline.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';
import type { Config } from './config/config.ts';
import { openClient } from './session.ts';

/**
 * The managed dev server answers in milliseconds. After its worker was killed it lists the worker as a poller for a minute, and
 * each query would wait for 5 s.
 */
const QUERY_WITHIN_MS = 4_000;

/** One query in two forms. */
interface Sources<T> {
  temporal: (hummingbatch: Hummingbatch) => Promise<T>;
  store: () => Promise<T>;
}

/**
 * Asks Temporal where one runs, else the store. The store's own server may stand there without a worker, after a kill: then
 * the store answers. A configured Temporal without a worker is an error: its operator has to start one.
 */
export async function queryOrReadStore<T>(
  call: Call,
  config: Config,
  store: Store,
  sources: Sources<T>,
): Promise<T> {
  const temporal = await openClient(call, config, store);
  if (!temporal) return sources.store();
  const { client, hummingbatch, taskQueue, configured } = temporal;
  try {
    await requireWorker(client, taskQueue);
    const answer = sources.temporal(hummingbatch);
    return await (configured ? answer : withDeadline(QUERY_WITHIN_MS, answer, noAnswer));
  } catch (error) {
    if (configured || !lacksWorker(error)) throw error;
    call.output.say('No worker of this store answers: this is the last state in the store.');
    return await sources.store();
  } finally {
    await client.connection.close();
  }
}

function lacksWorker(error: unknown): boolean {
  return error instanceof HummingbatchError && (error.code === 'no-worker' || error.code === 'no-temporal');
}

function noAnswer(): HummingbatchError {
  return new HummingbatchError('no-worker', 'No worker answered.');
}
