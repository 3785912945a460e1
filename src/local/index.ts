/**
 * The managed dev server: finds or downloads the Temporal CLI, starts a server, shares it between processes, ends it.
 * Nothing here is loaded where a Temporal is configured.
 */
export { cacheDirectory } from './cache.ts';
export { findTemporalCli } from './cli.ts';
export { type KeptTemporal, keepTemporal } from './keep.ts';
export { endLeftover, findLeftovers } from './leftovers.ts';
export type { RunningServer } from './running-servers.ts';
export {
  type ManagedTemporal,
  runningTemporal,
  type ServerOptions,
  startTemporal,
  type TemporalPlace,
} from './server.ts';
