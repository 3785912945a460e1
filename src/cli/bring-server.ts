import { join } from 'node:path';
import type { Config } from '../config.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../contract/search-attributes.ts';
import type { KeptTemporal } from '../local/index.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';

/** How long a closed workflow can be looked at in Temporal's pages. */
const RETENTION_HOURS = 30 * 24;

/** Where a store keeps the server that hummingbatch brings. */
export function serverDirectory(store: Store): string {
  return join(store.location, '.temporal');
}

/** The store's own server, found or started, and started again where it ends before its time. */
export async function startServer(call: Call, config: Config, store: Store): Promise<KeptTemporal> {
  const { cacheDirectory, findTemporalCli, keepTemporal } = await import('../local/index.ts');
  const { signal, output } = call;
  const log = (sentence: string) => output.say(output.paint('dim', sentence));
  const env = { ...config.env };
  const cacheDir = cacheDirectory(env, process.platform);
  const cli = await findTemporalCli({ env, cacheDir, fetchAllowed: true, log, signal });
  const { port, uiPort } = call.flags;
  return keepTemporal({
    directory: serverDirectory(store),
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
