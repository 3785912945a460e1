import type { Client } from '@temporalio/client';
import { connectTemporal, createHummingbatch, type Hummingbatch } from '../client/index.ts';
import type { BatchOptions } from '../contract/index.ts';
import { ownTaskQueue } from '../contract/queues.ts';
import type { Store } from '../store/store.ts';
import { type ApiSettings, type RunningApi, serveApi } from './api.ts';
import { buildBatchOptions } from './batch-options.ts';
import { connectGemini } from './gemini.ts';
import { openStoreAt } from './open-store.ts';
import type { GeminiOptions, TemporalOptions, WatchOptions, WebhookOptions } from './options.ts';
import { type ServerOptions, startServer } from './server.ts';
import { runWorker } from './worker.ts';

/** Options of {@link startLocal}. */
export interface LocalOptions extends ServerOptions, GeminiOptions, WatchOptions {
  webhooks?: WebhookOptions | undefined;
  /** For every batch that is started here; a manifest's `run` block and a request's own options override it. */
  options?: Partial<BatchOptions> | undefined;
  /** Starts the HTTP API, too: `{}` for its defaults. */
  api?: ApiSettings | undefined;
}

/** A store with a server and a worker in this process. */
export interface LocalHost {
  store: Store;
  client: Client;
  hummingbatch: Hummingbatch;
  /** `host:port` of Temporal. */
  address: string;
  namespace: string;
  taskQueue: string;
  /** The Temporal UI; unset where the server is not managed here. */
  uiUrl?: string;
  /** The HTTP API, where the options ask for it. */
  api?: RunningApi;
  /** Rejects when the worker or the server has failed; it never resolves. */
  failed: Promise<never>;
  /**
   * Ends the API, lets the worker reach its next checkpoint (2 s, at most 50 s), and releases the server. Open batches stand
   * still until the store is started again; jobs that run continue at Google. Safe to call twice.
   */
  close(): Promise<void>;
}

/**
 * Starts all that a store needs in this process: its managed dev server, a worker, and the HTTP API where `api` asks for it.
 * It reads no environment variable but `env`, and installs no signal handler.
 *
 * @example
 * ```ts
 * import { startLocal } from 'hummingbatch/host';
 *
 * const local = await startLocal({ store: './hummingbatch', env: process.env, emulator: true, api: {} });
 * const { batchId } = await local.hummingbatch.startBatch({ manifest: 'manifest.yaml' });
 * const { state } = await Promise.race([local.hummingbatch.batch(batchId).wait(), local.failed]);
 * await local.close();
 * ```
 * @throws `no-key`, `key-invalid`, `no-temporal-cli`, `no-temporal`, `temporal-elsewhere`, `usage` where metrics or API cannot be served,
 *   `aborted`, and the errors of the store
 */
export async function startLocal(options: LocalOptions): Promise<LocalHost> {
  return startHost(options, () => startServer(options));
}

/** A worker in this process, on the store's own queue of a Temporal that runs. */
export async function joinTemporal({
  temporal,
  ...options
}: Omit<LocalOptions, 'env'> & { temporal: TemporalOptions }): Promise<LocalHost> {
  return startHost(options, async () => ({ ...temporal, release: async () => undefined, failed: never() }));
}

type HeldTemporal = TemporalOptions & {
  uiUrl?: string;
  failed: Promise<never>;
  release(): Promise<void>;
};

async function startHost(
  options: Omit<LocalOptions, 'env'>,
  holdTemporal: () => Promise<HeldTemporal>,
): Promise<LocalHost> {
  const closing: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const end of closing.toReversed()) await end();
  };
  let closed: Promise<void> | undefined;
  try {
    const store = await openStoreAt(options.store);
    const gemini = await connectGemini(options, store);
    closing.push(() => gemini.close());
    const temporal = await holdTemporal();
    closing.push(() => temporal.release());
    const { address, namespace = 'default', connection, uiUrl } = temporal;
    const client = await connectTemporal({ address, namespace, ...(connection && { connection }) });
    closing.push(() => client.connection.close());
    const taskQueue = ownTaskQueue(store.id);
    const { log, metrics, webhooks, signal } = options;
    const worker = await runWorker(store, gemini, {
      ...{ temporal, taskQueue, profile: 'embedded', log, metrics, webhooks, signal },
    });
    // A worker cannot hand anything over to a server that is lost: waiting for it would hide the cause.
    const serverLost = temporal.failed.catch(() => undefined);
    closing.push(() => Promise.race([worker.close(), serverLost]));
    const batchOptions = {
      ...buildBatchOptions(store, options, options.options),
      endpoint: worker.endpoint,
    };
    const api =
      options.api &&
      (await serveApi(client, store, { ...options.api, taskQueue, options: batchOptions, log }));
    if (api) closing.push(() => api.close());
    return {
      ...{ store, client, address, namespace, taskQueue },
      hummingbatch: createHummingbatch({ store, client, taskQueue, options: batchOptions }),
      ...(uiUrl && { uiUrl }),
      ...(api && { api }),
      failed: firstFailure(worker.failed, temporal.failed),
      close() {
        closed ??= closeAll();
        return closed;
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function firstFailure(...failures: Promise<never>[]): Promise<never> {
  const first = Promise.race(failures);
  // Without a listener a rejection would end the caller's process.
  first.catch(() => undefined);
  return first;
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
