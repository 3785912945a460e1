import { setTimeout as pause } from 'node:timers/promises';
import type { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import type { ActivityDeps } from '../activities/index.ts';
import { registeredAttributes } from '../client/registered-attributes.ts';
import type { GeminiConnection } from './gemini.ts';
import type { WebhookOptions } from './options.ts';

/** For a reference on the web. The size is that of local ones. */
const REFERENCE_LIMITS = { bytes: 30 << 20, deadlineMs: 60_000 } as const;
/** Receivers are to answer at once and work afterwards. */
const POST_DEADLINE_MS = 15_000;
/** An operator may register attributes while the worker runs. */
const ATTRIBUTES_FOR_MS = 60_000;

interface DepsOptions extends Pick<ActivityDeps, 'store' | 'log' | 'searchAttributes' | 'knownBefore'> {
  gemini: Pick<GeminiConnection, 'apiKey' | 'url'>;
  webhooks?: WebhookOptions | undefined;
}

/** Everything outside that the activities of a worker use: the clock, the network, Gemini, the namespace. */
export async function createActivityDeps(options: DepsOptions): Promise<ActivityDeps> {
  const {
    store,
    gemini,
    log,
    searchAttributes,
    knownBefore,
    webhooks: { secrets, hosts = [] } = {},
  } = options;
  const [{ createGemini, GEMINI_URL }, { fetchPublic }, { postPublic }] = await Promise.all([
    import('../gemini/index.ts'),
    import('../net/fetch.ts'),
    import('../net/post.ts'),
  ]);
  return {
    store,
    gemini: createGemini({ baseUrl: gemini.url ?? GEMINI_URL, apiKey: gemini.apiKey }),
    log,
    now: Date.now,
    pause: (ms, signal) => pause(ms, undefined, { signal }),
    random: Math.random,
    fetchReference: (url, signal) => fetchPublic(url, REFERENCE_LIMITS, signal),
    webhookSecrets: (name) => secrets?.get(name),
    postWebhook: (post, signal) => postPublic(post, { hosts, deadlineMs: POST_DEADLINE_MS }, signal),
    searchAttributes,
    knownBefore,
  };
}

/** Names of the search attributes that a namespace has, read again after a minute. */
export function watchAttributes(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
): () => Promise<string[]> {
  return cacheFor(ATTRIBUTES_FOR_MS, () => readAttributes(connection, namespace, log));
}

/** Batches need no search attributes: a namespace that does not answer is taken for one that has none. */
async function readAttributes(
  connection: NativeConnection,
  namespace: string,
  log: Logger,
): Promise<string[]> {
  try {
    return await registeredAttributes(connection, namespace);
  } catch (error) {
    log.warn({ error: String(error) }, 'the search attributes of the namespace cannot be read: none is used');
    return [];
  }
}

function cacheFor<T>(ms: number, read: () => Promise<T>): () => Promise<T> {
  let cached: { at: number; value: Promise<T> } | undefined;
  return () => {
    if (!cached || Date.now() - cached.at > ms) cached = { at: Date.now(), value: read() };
    return cached.value;
  };
}
