import type { Logger } from 'pino';
import type { KnownBatch } from '../contract/known.ts';
import type { Gemini } from '../gemini/index.ts';
import type { WebhookAnswer, WebhookPost } from '../net/post.ts';
import type { Store } from '../store/store.ts';

/** Everything that the activities get from outside. */
export interface ActivityDeps {
  store: Store;
  gemini: Gemini;
  /**
   * Fetches a reference that a manifest names by URL, with its own limits and SSRF rules. Throws
   * `reference-unreachable`.
   */
  fetchReference: (url: string, signal: AbortSignal) => Promise<Uint8Array>;
  /** The webhook secrets with a name; all of them sign. Undefined where this worker has none with that name. */
  webhookSecrets: (name: string) => readonly string[] | undefined;
  /** Posts an event to a URL from a manifest or request, with its own limits and SSRF rules. Throws `unreachable`. */
  postWebhook: (post: WebhookPost, signal: AbortSignal) => Promise<WebhookAnswer>;
  /** Names of hummingbatch's search attributes that this namespace has. */
  searchAttributes: () => Promise<string[]>;
  /**
   * What Temporal knows of a batch by its last run with a submission, other than this one. Undefined: nothing was ever submitted. Throws
   * `unavailable`.
   */
  knownBefore: (batchId: string, runId: string, signal: AbortSignal) => Promise<KnownBatch | undefined>;
  log: Logger;
  /** ms since 1970. */
  now: () => number;
  /** Waits; rejects when the signal aborts. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
}
