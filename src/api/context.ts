import type { Logger } from 'pino';
import type { Hummingbatch, Store } from '../client/index.ts';
import type { ManifestReader } from './manifest-reader.ts';
import type { ProgressCache } from './progress-cache.ts';
import type { Quotas } from './quotas.ts';
import type { Token } from './tokens.ts';

/** The dependencies of the API. */
export interface ApiContext {
  hummingbatch: Hummingbatch;
  store: Store;
  /** Without tokens every caller may do everything, so the API must be reachable from this machine only. */
  tokens: readonly Token[];
  /** Signing secrets of the webhooks registered at Google. Without one there is no route for their events. */
  geminiSecrets: readonly string[];
  /** ms since 1970. */
  now: () => number;
  log: Logger;
  /** Version of this package. */
  version: string;
  /** Requests in a minute for each token, or for each address where there are no tokens. */
  requestsPerMinute: number;
  /** Resolves if a batch that is started now can run. @throws the reason why it cannot */
  ready: () => Promise<void>;
}

/** The dependencies of the routes. */
export interface RouteContext extends ApiContext {
  progressCache: ProgressCache;
  manifests: ManifestReader;
  quotas: Quotas;
  /** Aborts when the API stops: a stream of events would otherwise keep it open until its batch ends. */
  closing: AbortSignal;
}
