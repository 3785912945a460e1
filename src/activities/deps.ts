import type { Logger } from 'pino';
import type { Gemini } from '../gemini/index.ts';
import type { WebhookAnswer, WebhookPost } from '../net/post.ts';
import type { Store } from '../store/store.ts';

/** Everything that the activities need from outside. */
export interface ActivityDeps {
  store: Store;
  gemini: Gemini;
  /** Fetches a reference that a manifest names by URL; limits and SSRF rules are its own. */
  fetchReference: (url: string, signal: AbortSignal) => Promise<Uint8Array>;
  /** The secrets of a name, all of which sign; undefined where this worker has none of that name. */
  webhookSecrets: (name: string) => readonly string[] | undefined;
  /** Posts an event to where a stranger says; limits and SSRF rules are its own. */
  postWebhook: (post: WebhookPost, signal: AbortSignal) => Promise<WebhookAnswer>;
  /** Names of the search attributes that this namespace knows. */
  searchAttributes: () => Promise<string[]>;
  log: Logger;
  /** ms since 1970. */
  now: () => number;
  /** Rejects where the signal aborts. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** 0 to 1. */
  random: () => number;
}
