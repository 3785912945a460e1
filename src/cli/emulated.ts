import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { HummingbatchError } from '../contract/index.ts';
import type { Emulator } from '../emulator/index.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';

const LOOPBACK = '127.0.0.1';
/** How long a gap there is when the process that had the emulator ends and another takes it over. */
const TAKE_OVER_EVERY_MS = 200;
/** A batch is bound to its endpoint, and that must not change over restarts. */
const PORT_FILE = 'emulator.json';
const ANSWER_WITHIN_MS = 2_000;

export interface SharedEmulator {
  url: string;
  close(): Promise<void>;
}

/**
 * The emulator of a store, at the same address always: in this process, or in another that is there already, and from
 * then on in whichever of them still runs. All of them see the same files and jobs, which lie in `.emulator/`.
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
  // Whoever closes hears of it.
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

/** The port in the file, chosen by whoever comes first. */
async function readPort(store: Store): Promise<number> {
  const known = await getJson<{ port: number }>(store, PORT_FILE);
  if (known) return known.port;
  await store.putIfAbsent(PORT_FILE, toJson({ port: await freePort() }));
  return readPort(store);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
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
    // Told below: whatever listens there does not speak as the emulator does.
  }
  throw new HummingbatchError(
    'unreachable',
    `Something else listens at ${url}, where the emulator of this store was.`,
    {
      fix: `End it; or, where no batch of this store is open, delete ${join(store.location, PORT_FILE)}.`,
    },
  );
}
