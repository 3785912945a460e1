import { setTimeout as sleep } from 'node:timers/promises';
import { HummingbatchError } from '../contract/errors.ts';
import { isRunning } from './process.ts';
import { readRecord } from './record.ts';
import { refusal } from './refusal.ts';
import { type ManagedTemporal, type ServerOptions, startTemporal } from './server.ts';
import { probeWatchers } from './users.ts';

/** A check costs 0.1 ms. Callers of a server that is away try for longer than a restart takes. */
const CHECK_INTERVAL_MS = 1000;

/** A server that is started again whenever it ends before {@link release}. */
export interface KeptTemporal extends ManagedTemporal {
  /** Rejects where it ended and cannot be restarted at its address; it never resolves. */
  failed: Promise<never>;
}

/**
 * Brings the Temporal server of a store and keeps it up: one that was killed is started again on its database and at its
 * address, where clients and workers reconnect automatically. Of several processes that keep it one starts it.
 *
 * @throws what {@link startTemporal} throws
 */
export async function keepTemporal(options: ServerOptions): Promise<KeptTemporal> {
  const { directory, log } = options;
  const first = await startTemporal(options);
  let current = first;
  const stopping = new AbortController();
  const keeping = keep();
  const failed = keeping.then(() => new Promise<never>(() => undefined));
  // Without a listener a rejection would end the process.
  failed.catch(() => undefined);

  async function keep(): Promise<void> {
    try {
      while (!stopping.signal.aborted) {
        await waitUntilLost();
        log('The managed dev server of this store has ended. Restarting it …');
        const again = await startTemporal({ ...options, signal: stopping.signal });
        const before = current;
        current = again;
        await before.release();
        if (again.address !== first.address) throw moved(first.address, again.address);
        log('The managed dev server runs again; nothing is lost.');
      }
    } catch (error) {
      if (!stopping.signal.aborted)
        throw refusal(error, `Keeping the managed dev server of ${directory} up`, undefined);
    }
  }

  /** One without watchers would stay when all users are killed: it is replaced like one that has ended. */
  async function waitUntilLost(): Promise<void> {
    const server = await readRecord(directory);
    if (!server) throw new Error('its folder is gone');
    const isKept = () =>
      isRunning(server) && (!server.watched || probeWatchers(directory, server.token) !== 'dead');
    while (isKept()) await sleep(CHECK_INTERVAL_MS, undefined, { signal: stopping.signal });
  }

  return {
    ...first,
    failed,
    async release() {
      stopping.abort();
      await keeping.catch(() => undefined);
      await current.release();
    },
  };
}

/** Another program has taken the port in the meantime. */
function moved(from: string, to: string): HummingbatchError {
  return new HummingbatchError(
    'no-temporal',
    `The managed dev server of this store has ended, and another program listens at ${from} now. It was restarted at ${to}.`,
    { fix: 'Call the same command again: the batch continues where it stopped.' },
  );
}
