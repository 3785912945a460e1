import type { Logger } from 'pino';
import type { Hummingbatch, Store } from '../client/index.ts';
import type { ProgressCache } from './progress-cache.ts';
import type { Token } from './tokens.ts';

/** Everything outside that the API works with. */
export interface ApiContext {
  hummingbatch: Hummingbatch;
  store: Store;
  /** None: whoever reaches it may do everything, so it must be reached from this machine only. */
  tokens: readonly Token[];
  /** Signing secrets of the webhooks registered at Google; none: their events are not taken. */
  geminiSecrets: readonly string[];
  /** ms since 1970. */
  now: () => number;
  log: Logger;
  /** Of this package. */
  version: string;
  /** Requests that a token, or where there are none an address, may make in a minute. */
  requestsPerMinute: number;
  /** Resolves where a batch that is started now would be made. @throws what stands in the way */
  ready: () => Promise<void>;
}

/** What the routes work with. */
export interface RouteContext extends ApiContext {
  progressCache: ProgressCache;
  /** Aborts when the API ends: what follows a batch would not end by itself. */
  closing: AbortSignal;
}
