import { join } from 'node:path';
import { SEARCH_ATTRIBUTE_TYPES } from '../contract/search-attributes.ts';
import type { KeptTemporal, TemporalPlace } from '../local/index.ts';
import type { Store } from '../store/store.ts';
import { openStoreAt } from './open-store.ts';

/** How long the Temporal UI shows a closed workflow. */
const RETENTION_HOURS = 30 * 24;

/** Options of {@link startServer}. */
export interface ServerOptions {
  /** A folder, or a store that is open. */
  store: string | Store;
  /**
   * The environment that the Temporal CLI is searched, downloaded and started with, usually `process.env`: PATH, HOME,
   * proxies, HUMMINGBATCH_TEMPORAL_CLI and HUMMINGBATCH_CACHE. The server itself sees no key and no token of it.
   */
  env: NodeJS.ProcessEnv;
  /** Where it listens. Default: its last port where that is free, else any. */
  port?: number | undefined;
  /** Where the Temporal UI is served. Default: as for `port`. */
  uiPort?: number | undefined;
  /** Takes a sentence for a person who waits, such as that the Temporal CLI is downloaded (44 MB, once). */
  say?: ((sentence: string) => void) | undefined;
  /** Ends the start. A server that has started is ended by `release`. */
  signal?: AbortSignal | undefined;
}

/**
 * The managed dev server of a store: the one that runs for it already, else a new one on the store's database. It is
 * restarted where it ends before `release`. The last process that releases it ends it.
 *
 * @example
 * ```ts
 * const { address, uiUrl, release } = await startServer({ store: './hummingbatch', env: process.env });
 * ```
 * @throws `no-temporal-cli` where the CLI is not found and cannot be downloaded, `no-temporal` where the server does not
 *   start or a port is taken, `temporal-elsewhere` where another container or machine uses it, `disk-full`,
 *   `store-unwritable`, `aborted`
 */
export async function startServer(options: ServerOptions): Promise<KeptTemporal> {
  const { env, port, uiPort, signal, say: log = () => undefined } = options;
  const { cacheDirectory, findTemporalCli, keepTemporal } = await import('../local/index.ts');
  const directory = serverDirectory(await openStoreAt(options.store));
  const cacheDir = cacheDirectory(env, process.platform);
  const cli = await findTemporalCli({ env, cacheDir, fetchAllowed: true, log, signal });
  return keepTemporal({
    directory,
    cli: cli.path,
    namespace: 'default',
    searchAttributes: SEARCH_ATTRIBUTE_TYPES,
    retentionHours: RETENTION_HOURS,
    env,
    log,
    signal,
    ...(port && { port }),
    ...(uiPort && { uiPort }),
  });
}

/** The managed dev server of a store where one runs; it is not held and may end at any time. @throws `no-temporal` */
export async function findServer(store: Store, signal?: AbortSignal): Promise<TemporalPlace | undefined> {
  const { runningTemporal } = await import('../local/index.ts');
  return runningTemporal(serverDirectory(store), signal);
}

function serverDirectory(store: Store): string {
  return join(store.location, '.temporal');
}
