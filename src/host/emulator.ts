import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HummingbatchError } from '../contract/index.ts';
import type { Emulator } from '../emulator/index.ts';
import { freePort, LOOPBACK } from '../local/ports.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';

/** The longest gap when the process with the emulator ends and another takes over. */
const TAKE_OVER_EVERY_MS = 200;
/** Holds the port: a batch is bound to its endpoint, so a restart must not change it. */
const PORT_FILE = 'emulator.json';
const ANSWER_WITHIN_MS = 2_000;

export interface SharedEmulator {
  url: string;
  close(): Promise<void>;
}

/**
 * The emulator of a store, always at the same address. It runs in this process, or in another one that started it; when
 * that process ends, one of the others takes over. All of them see the same files and jobs, which lie in `.emulator/`.
 *
 * @throws `unreachable` where something else listens on its port
 */
export async function shareEmulator(store: Store): Promise<SharedEmulator> {
  const directory = join(store.location, '.emulator');
  const port = await readPort(store);
  const url = `http://${LOOPBACK}:${port}`;
  const stopping = new AbortController();
  let own = await tryStart(directory, port);
  if (!own) await requireEmulator(url, store);
  const standby = standBy();
  // `close` reports it.
  standby.catch(() => undefined);

  async function standBy(): Promise<void> {
    while (!own && !stopping.signal.aborted) {
      await pause(TAKE_OVER_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (!stopping.signal.aborted) own = await tryStart(directory, port);
    }
  }

  return {
    url,
    async close() {
      stopping.abort();
      await standby;
      await own?.close();
    },
  };
}

/** The port in the file, which the first process of the store chooses. */
async function readPort(store: Store): Promise<number> {
  const known = await getJson<{ port: number }>(store, PORT_FILE);
  if (known) return known.port;
  await store.putIfAbsent(PORT_FILE, toJson({ port: await freePort() }));
  return readPort(store);
}

async function tryStart(directory: string, port: number): Promise<Emulator | undefined> {
  const { createEmulator } = await import('../emulator/index.ts');
  try {
    return await createEmulator({ port, directory });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw error;
  }
}

async function requireEmulator(url: string, store: Store): Promise<void> {
  try {
    const answer = await fetch(`${url}/emulator/ledger`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (answer.ok) return;
  } catch {
    // Whatever listens there is not the emulator: the error below says so.
  }
  throw new HummingbatchError(
    'unreachable',
    `Another program listens at ${url}, the address of this store's emulator.`,
    {
      fix: `End that program. Or, if no batch of this store is open, delete ${join(store.location, PORT_FILE)}.`,
    },
  );
}
