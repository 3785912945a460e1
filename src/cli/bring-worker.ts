import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { ActivityDeps } from '../activities/index.ts';
import { registeredAttributes } from '../client/registered-attributes.ts';
import type { Config } from '../config.ts';
import { HummingbatchError } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import { readSecrets, type WebhookSecrets } from '../webhooks/index.ts';
import type { GeminiPlace } from './bring-gemini.ts';
import { listenAddress } from './listen-address.ts';

/** What a reference on the web may be and take. The limit is that of local ones. */
const REFERENCE_LIMITS = { bytes: 30 << 20, deadlineMs: 60_000 } as const;
/** Receivers are to answer at once and work afterwards. */
const POST_WITHIN_MS = 15_000;
/** Never in a file that is shared, so it is no setting. */
const SECRETS_VARIABLE = 'HUMMINGBATCH_WEBHOOK_SECRETS';
/** As long as the client waits for the same server. */
const CONNECT_WITHIN_MS = 10_000;
const CONNECT_AGAIN_MS = 300;
/** Beyond the 45 s after which the worker itself gives up waiting for its steps. */
const STOP_WITHIN_MS = 50_000;

export interface WorkerPlace {
  address: string;
  namespace: string;
  taskQueue: string;
  /** TLS, API key and the like. */
  connection?: object | undefined;
  client: Client;
  profile: 'service' | 'embedded';
}

export interface RunningWorker {
  /** The origin that its batches are bound to. */
  endpoint: string;
  /** Rejects where it fell, and settles in no other way. */
  failed: Promise<never>;
  /** Lets running steps come to their next checkpoint; at most 50 s. */
  close(): Promise<void>;
}

/** How a worker can be watched. */
export interface Watched {
  log: Logger;
  /** Where its metrics are served, `host:port`; unset: nowhere. */
  metrics?: string | undefined;
}

/** How a worker sends webhooks. */
export interface Webhooks {
  secrets: WebhookSecrets;
  /** That may be private or without TLS. */
  hosts: readonly string[];
}

/** What this machine says of webhooks. @throws `usage` where the secrets are malformed */
export function readWebhooks({ env, webhookHosts = [] }: Config): Webhooks {
  const text = env[SECRETS_VARIABLE];
  return { secrets: text ? readSecrets(text, SECRETS_VARIABLE) : new Map(), hosts: webhookHosts };
}

/**
 * A worker in this process. Call it once: Temporal's native part is set up with it.
 *
 * @throws `usage` where its metrics cannot be served, `no-temporal`
 */
export async function startWorker(
  store: Store,
  place: WorkerPlace,
  gemini: GeminiPlace,
  { log, metrics, webhooks }: Watched & { webhooks: Webhooks },
): Promise<RunningWorker> {
  const [
    { NativeConnection },
    { installRuntime, showMetrics, startWorker },
    { createGemini, GEMINI_URL },
    { fetchPublic },
    { postPublic },
  ] = await Promise.all([
    import('@temporalio/worker'),
    import('../worker/index.ts'),
    import('../gemini/index.ts'),
    import('../net/fetch.ts'),
    import('../net/post.ts'),
  ]);
  installRuntime(log, metrics === undefined ? undefined : await listenAddress(metrics));
  const connection = await patiently(place, () =>
    NativeConnection.connect({ ...place.connection, address: place.address }),
  );
  const api = createGemini({ baseUrl: gemini.url ?? GEMINI_URL, apiKey: gemini.apiKey });
  const { namespace, taskQueue, profile } = place;
  const deps: ActivityDeps = {
    store,
    gemini: api,
    log,
    now: Date.now,
    pause: (ms, signal) => pause(ms, undefined, { signal }),
    random: Math.random,
    fetchReference: (url, signal) => fetchPublic(url, REFERENCE_LIMITS, signal),
    webhookSecrets: (name) => webhooks.secrets.get(name),
    postWebhook: (post, signal) =>
      postPublic(post, { hosts: webhooks.hosts, deadlineMs: POST_WITHIN_MS }, signal),
    searchAttributes: fresh(() => readAttributes(place.client, log)),
  };
  const worker = await startWorker({ connection, namespace, taskQueue, profile, deps });
  const watching = new AbortController();
  const shown =
    metrics !== undefined && showMetrics({ connection, namespace, taskQueue, deps }, watching.signal);
  const failed = worker.stopped.then(() => new Promise<never>(() => undefined));
  // Whoever waits hears of it; where nobody does any more, the process ends anyway.
  failed.catch(() => undefined);
  return {
    endpoint: api.endpoint,
    failed,
    async close() {
      worker.shutdown();
      watching.abort();
      await within(STOP_WITHIN_MS, worker.stopped);
      await shown;
      await connection.close();
    },
  };
}

/** A server that was there a moment ago may be about to be started again; Temporal's native part does not wait for it. */
async function patiently<T>({ address }: WorkerPlace, connect: () => Promise<T>): Promise<T> {
  for (const since = Date.now(); ; await pause(CONNECT_AGAIN_MS)) {
    try {
      return await connect();
    } catch (cause) {
      if (Date.now() - since < CONNECT_WITHIN_MS) continue;
      throw new HummingbatchError('no-temporal', `No Temporal server answers at ${address}.`, { cause });
    }
  }
}

/** A namespace that does not tell has none: they are a convenience. */
async function readAttributes(client: Client, log: Logger): Promise<string[]> {
  try {
    return await registeredAttributes(client);
  } catch (error) {
    log.warn({ error: String(error) }, 'the search attributes of the namespace cannot be read: none is used');
    return [];
  }
}

/** Asked again after a while: somebody may add some, and a server that did not answer answers by then. */
const ATTRIBUTES_FOR_MS = 60_000;

function fresh<T>(make: () => Promise<T>): () => Promise<T> {
  let made: { at: number; value: Promise<T> } | undefined;
  return () => {
    if (!made || Date.now() - made.at > ATTRIBUTES_FOR_MS) made = { at: Date.now(), value: make() };
    return made.value;
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([work, pause(ms, undefined, { signal: done.signal })]);
  } finally {
    done.abort();
  }
}
