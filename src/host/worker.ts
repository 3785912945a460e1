import { setTimeout as pause } from 'node:timers/promises';
import type { NativeConnection } from '@temporalio/worker';
import pino from 'pino';
import { knownBefore } from '../client/known-before.ts';
import { HummingbatchError } from '../contract/index.ts';
import { DEFAULT_TASK_QUEUE } from '../contract/queues.ts';
import type { Store } from '../store/store.ts';
import type { BatchWorker } from '../worker/index.ts';
import { connectGemini, type GeminiConnection } from './gemini.ts';
import { openStoreAt } from './open-store.ts';
import type { GeminiOptions, TemporalOptions, WatchOptions, WebhookOptions } from './options.ts';
import { resolveAddress } from './resolve-address.ts';
import { withDeadline } from './with-deadline.ts';
import { createActivityDeps, watchAttributes } from './worker-deps.ts';

/** As long as the client waits for the same server. */
const CONNECT_WITHIN_MS = 10_000;
const CONNECT_INTERVAL_MS = 300;
/** After 45 s the worker itself stops waiting for its steps. */
const CLOSE_WITHIN_MS = 50_000;

/** Options of {@link startWorker}. */
export interface WorkerOptions extends GeminiOptions, WatchOptions {
  /** A folder, or a store that is open: the same one that clients have. */
  store: string | Store;
  temporal: TemporalOptions;
  /** Default `hummingbatch`; what clients send to. */
  taskQueue?: string | undefined;
  /**
   * Default `service`: running steps get 20 s when it closes. `embedded`: 2 s, for the only worker of its queue, in the
   * process of a person or script that waits for it to end.
   */
  profile?: 'service' | 'embedded' | undefined;
  webhooks?: WebhookOptions | undefined;
  /** Ends the start by throwing its reason. A worker that runs is ended by `close`. */
  signal?: AbortSignal | undefined;
}

/** A worker that runs in this process. */
export interface RunningWorker {
  taskQueue: string;
  /** The origin of its Gemini API; batches are bound to it. */
  endpoint: string;
  /** Rejects when the worker has failed; it never resolves. */
  failed: Promise<never>;
  /** Lets running steps reach their next checkpoint, at most 50 s. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts a worker in this process. It reads no environment variable and installs no signal handler: call `close` on SIGTERM.
 *
 * A Temporal `Runtime` that this process has installed is used as it is, and `log` then gets no lines of the workflows.
 * Without one a Runtime is installed that handles no signals; Temporal removes it with the last worker.
 *
 * @example
 * ```ts
 * import { startWorker } from 'hummingbatch/host';
 *
 * const worker = await startWorker({
 *   store: './hummingbatch',
 *   apiKey: process.env.GEMINI_API_KEY,
 *   temporal: { address: 'localhost:7233' },
 * });
 * process.once('SIGTERM', () => void worker.close());
 * await worker.failed;
 * ```
 * @throws `no-key` and `key-invalid` for the key, `no-temporal` where no server answers within 10 s, `usage` where the metrics
 *   cannot be served, and the errors of the store
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const store = await openStoreAt(options.store);
  const gemini = await connectGemini(options, store);
  try {
    const worker = await runWorker(store, gemini, options);
    return {
      ...worker,
      async close() {
        await worker.close();
        await gemini.close();
      },
    };
  } catch (error) {
    await gemini.close();
    throw error;
  }
}

/** The same on a store and a Gemini API that are open; it closes neither. */
export async function runWorker(
  store: Store,
  gemini: GeminiConnection,
  options: Omit<WorkerOptions, keyof GeminiOptions | 'store'>,
): Promise<RunningWorker> {
  const { metrics, signal, taskQueue = DEFAULT_TASK_QUEUE, profile = 'service' } = options;
  const log = options.log ?? pino({ level: 'silent' });
  const { namespace = 'default' } = options.temporal;
  const [{ Client }, { NativeConnection }, { closeConnection, installRuntime, showMetrics, startWorker }] =
    await Promise.all([
      import('@temporalio/client'),
      import('@temporalio/worker'),
      import('../worker/index.ts'),
    ]);
  installRuntime(log, metrics === undefined ? undefined : await resolveAddress(metrics));
  const { address, connection: settings } = options.temporal;
  const connection = await connectPatiently(
    address,
    () => NativeConnection.connect({ ...settings, address }),
    signal,
  );
  const disconnect = () => closeConnection(connection);
  const { worker, deps } = await startOrDisconnect(disconnect, async () => {
    const client = new Client({ connection, namespace });
    const deps = await createActivityDeps({
      ...{ store, gemini, log },
      searchAttributes: watchAttributes(connection, namespace, log),
      knownBefore: (batchId, runId, signal) => knownBefore(client, batchId, runId, signal),
      webhooks: options.webhooks,
    });
    return { deps, worker: await startWorker({ connection, namespace, taskQueue, profile, deps }) };
  });
  const watching = new AbortController();
  const gauges =
    metrics !== undefined && showMetrics({ connection, namespace, taskQueue, deps }, watching.signal);
  const failed = worker.stopped.then(() => new Promise<never>(() => undefined));
  // Without a listener a rejection would end the caller's process.
  failed.catch(() => undefined);
  let closed: Promise<void> | undefined;
  return {
    taskQueue,
    endpoint: deps.gemini.endpoint,
    failed,
    close() {
      closed ??= close(worker, async () => {
        watching.abort();
        await gauges;
        await disconnect();
      });
      return closed;
    },
  };
}

/** Where a worker does not start, its connection would keep the process alive. */
async function startOrDisconnect<T>(disconnect: () => Promise<void>, start: () => Promise<T>): Promise<T> {
  try {
    return await start();
  } catch (error) {
    await disconnect();
    throw error;
  }
}

async function close(worker: BatchWorker, disconnect: () => Promise<void>): Promise<void> {
  worker.shutdown();
  await withDeadline(
    CLOSE_WITHIN_MS,
    worker.stopped,
    () => new HummingbatchError('internal', `The worker did not stop within ${CLOSE_WITHIN_MS / 1000} s.`),
  ).catch((error) => {
    // A worker that failed has told so by `failed`; one that is late holds its connection until the process ends.
    if (error instanceof HummingbatchError) throw error;
  });
  await disconnect();
}

/** A server that is being restarted answers after a moment; Temporal's native part does not wait for it. */
async function connectPatiently(
  address: string,
  connect: () => Promise<NativeConnection>,
  signal: AbortSignal | undefined,
): Promise<NativeConnection> {
  for (const since = Date.now(); ; await pause(CONNECT_INTERVAL_MS, undefined, { signal })) {
    signal?.throwIfAborted();
    try {
      return await connect();
    } catch (cause) {
      if (Date.now() - since < CONNECT_WITHIN_MS) continue;
      throw new HummingbatchError('no-temporal', `No Temporal server answers at ${address}.`, { cause });
    }
  }
}
