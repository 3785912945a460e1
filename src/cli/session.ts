import type { Client } from '@temporalio/client';
import { connectTemporal, createHummingbatch, type Hummingbatch, requireWorker } from '../client/index.ts';
import type { Config } from '../config.ts';
import type { BatchOptions } from '../contract/index.ts';
import { DEFAULT_TASK_QUEUE, ownTaskQueue } from '../contract/queues.ts';
import type { Store } from '../store/store.ts';
import { connectGemini } from './bring-gemini.ts';
import { serverDirectory, startServer } from './bring-server.ts';
import { readWebhooks, startWorker, type Watched } from './bring-worker.ts';
import type { Call } from './call.ts';
import type { Flags } from './flags.ts';
import { createLog } from './log.ts';
import { type ConfiguredTemporal, configuredTemporal } from './temporal-config.ts';

/** With an emulator nobody needs to be spared, and nothing is slow to appear. */
const EMULATED_TIMES = { checkIntervalMs: 1_000, submitWindowMs: 1_000 } as const;

/** A way to the batches of a store for the time of one call. */
export interface Session {
  store: Store;
  client: Client;
  hummingbatch: Hummingbatch;
  /** `host:port` */
  address: string;
  namespace: string;
  taskQueue: string;
  /** Of Temporal's pages; only a brought server's are known. */
  uiUrl?: string;
  /** This process has the worker, so it stays until the batch ends or stops. */
  ownsWorker: boolean;
  /** Rejects where this process's worker fell, or the server that it brought. */
  failed: Promise<never>;
  /** Lets the worker come to its next checkpoint and gives the server back. */
  close(): Promise<void>;
}

/**
 * For what moves batches: a configured Temporal, where somebody must serve the queue; else the store's own server, found
 * or started, and a worker in this process.
 *
 * @throws `no-temporal`, `no-worker`, `no-key`, `no-temporal-cli`
 */
export async function openSession(call: Call, config: Config, store: Store): Promise<Session> {
  const configured = configuredTemporal(config.env);
  return configured
    ? joinConfigured(call, config, store, configured)
    : startLocal(call, config, store, {
        log: createLog(call.output, call.flags.verbose ? 'info' : 'silent', config.log),
      });
}

/** A way to the Temporal that is there, for what only looks; undefined where there is none. */
export async function openClient(
  call: Call,
  config: Config,
  store: Store,
): Promise<
  | (Pick<Session, 'client' | 'hummingbatch' | 'taskQueue' | 'uiUrl' | 'namespace'> & { configured: boolean })
  | undefined
> {
  const configured = configuredTemporal(config.env);
  const { runningTemporal } = await import('../local/index.ts');
  const place = configured ?? (await runningTemporal(serverDirectory(store), call.signal));
  if (!place) return undefined;
  const client = await connectTemporal(place);
  const taskQueue = configured ? sharedQueue(config) : ownTaskQueue(store.id);
  return {
    client,
    namespace: place.namespace,
    taskQueue,
    configured: configured !== undefined,
    ...('uiUrl' in place && { uiUrl: place.uiUrl }),
    hummingbatch: createHummingbatch({
      store,
      client,
      taskQueue,
      options: buildOptions(config, store, call.flags),
    }),
  };
}

export function sharedQueue({ taskQueue }: Config): string {
  return taskQueue ?? DEFAULT_TASK_QUEUE;
}

async function joinConfigured(
  call: Call,
  config: Config,
  store: Store,
  place: ConfiguredTemporal,
): Promise<Session> {
  const taskQueue = sharedQueue(config);
  const client = await connectTemporal(place);
  try {
    await requireWorker(client, taskQueue);
  } catch (error) {
    await client.connection.close();
    throw error;
  }
  return {
    store,
    client,
    hummingbatch: createHummingbatch({
      store,
      client,
      taskQueue,
      options: buildOptions(config, store, call.flags),
    }),
    address: place.address,
    namespace: place.namespace,
    taskQueue,
    ownsWorker: false,
    failed: new Promise(() => undefined),
    close: () => client.connection.close(),
  };
}

/**
 * The store's own server and a worker in this process.
 *
 * @throws `no-key`, `no-temporal`, `no-temporal-cli`, and `usage` where metrics cannot be served
 */
export async function startLocal(
  call: Call,
  config: Config,
  store: Store,
  watched: Watched,
): Promise<Session> {
  const webhooks = readWebhooks(config);
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end();
  };
  try {
    const gemini = await connectGemini(call, config, store);
    closing.push(gemini.close);
    const temporal = await startServer(call, config, store);
    closing.push(() => temporal.release());
    const client = await connectTemporal(temporal);
    closing.push(() => client.connection.close());
    const taskQueue = ownTaskQueue(store.id);
    const place = { ...temporal, client, taskQueue, profile: 'embedded' as const };
    const worker = await startWorker(store, place, gemini, { ...watched, webhooks });
    const lost = temporal.failed.catch(() => undefined);
    // To a server that is lost a worker cannot hand anything over: waiting for it would only hide why.
    closing.push(() => Promise.race([worker.close(), lost]));
    const options = { ...buildOptions(config, store, call.flags), endpoint: worker.endpoint };
    return {
      store,
      client,
      hummingbatch: createHummingbatch({ store, client, taskQueue, options }),
      address: temporal.address,
      namespace: temporal.namespace,
      taskQueue,
      uiUrl: temporal.uiUrl,
      ownsWorker: true,
      failed: firstFailure(worker.failed, temporal.failed),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function firstFailure(...falls: Promise<never>[]): Promise<never> {
  const first = Promise.race(falls);
  // Whoever waits hears of it.
  first.catch(() => undefined);
  return first;
}

/** What a batch started here is bound to, and how often it asks. */
export function buildOptions(
  { geminiUrl, checkIntervalMs, submitWindowMs, notify }: Config,
  store: Store,
  flags: Flags,
): Partial<BatchOptions> {
  return {
    store: store.id,
    ...(geminiUrl && !flags.emulator && { endpoint: new URL(geminiUrl).origin }),
    ...(flags.emulator && EMULATED_TIMES),
    ...(checkIntervalMs && { checkIntervalMs }),
    ...(submitWindowMs && { submitWindowMs }),
    ...(notify && { notify }),
  };
}
