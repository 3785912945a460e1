import type { Logger } from 'pino';
import { connectTemporal, createHummingbatch, requireWorker } from '../client/index.ts';
import { DEFAULT_TASK_QUEUE, ownTaskQueue } from '../contract/queues.ts';
import type { ApiSettings } from '../host/index.ts';
import type { LocalHost } from '../host/local.ts';
import { findServer } from '../host/server.ts';
import type { Store } from '../store/store.ts';
import type { Call } from './call.ts';
import type { Config } from './config/config.ts';
import { type ConfiguredTemporal, readTemporal } from './config/temporal.ts';
import { readBatchOptions, readGeminiOptions, readRunOptions, readWebhookOptions } from './host-options.ts';

/** A connection to the batches of a store for the time of one call. */
export interface Session extends Omit<LocalHost, 'api'> {
  /** The worker is in this process, so the process stays until the batch ends or stops. */
  ownsWorker: boolean;
}

/**
 * For verbs that move batches: a configured Temporal, which must have a worker; else the store's managed dev server and a
 * worker in this process.
 *
 * @throws `no-temporal`, `no-worker`, `no-key`, `no-temporal-cli`
 */
export async function openSession(call: Call, config: Config, store: Store): Promise<Session> {
  const configured = readTemporal(config.env);
  if (configured) return joinConfigured(call, config, store, configured);
  const { createLog } = await import('./log.ts');
  const log = createLog(call.output, call.flags.verbose ? 'info' : 'silent', config.log);
  return { ...(await startLocalHost(call, config, store, { log })), ownsWorker: true };
}

/** The part of a {@link Session} that verbs need which only read. */
export interface ClientSession
  extends Pick<Session, 'client' | 'hummingbatch' | 'taskQueue' | 'uiUrl' | 'namespace'> {
  temporal: ConfiguredTemporal;
  /** An operator runs this Temporal; else it is the managed dev server. */
  configured: boolean;
}

/** A connection to the Temporal that runs; undefined where there is none. */
export async function openClient(
  call: Call,
  config: Config,
  store: Store,
): Promise<ClientSession | undefined> {
  const configured = readTemporal(config.env);
  const temporal = configured ?? (await findServer(store, call.signal));
  if (!temporal) return undefined;
  const client = await connectTemporal(temporal);
  const taskQueue = configured ? sharedQueue(config) : ownTaskQueue(store.id);
  const options = readBatchOptions(call, config, store);
  return {
    client,
    temporal,
    namespace: temporal.namespace,
    taskQueue,
    configured: configured !== undefined,
    ...('uiUrl' in temporal && { uiUrl: temporal.uiUrl }),
    hummingbatch: createHummingbatch({ store, client, taskQueue, options }),
  };
}

export function sharedQueue({ taskQueue }: Config): string {
  return taskQueue ?? DEFAULT_TASK_QUEUE;
}

/** The store's managed dev server and a worker in this process, and the HTTP API where `api` asks for it. */
export async function startLocalHost(
  call: Call,
  config: Config,
  store: Store,
  watch: { log: Logger; metrics?: string | undefined; api?: ApiSettings | undefined },
): Promise<LocalHost> {
  const { output, signal, flags } = call;
  // Loaded here: a command that only asks a server needs no worker.
  const { startLocal } = await import('../host/local.ts');
  return startLocal({
    store,
    env: { ...config.env },
    port: flags.port,
    uiPort: flags.uiPort,
    say: (sentence) => output.say(output.paint('dim', sentence)),
    signal,
    ...readGeminiOptions(call, config),
    webhooks: readWebhookOptions(config),
    options: readRunOptions(config),
    ...watch,
  });
}

async function joinConfigured(
  call: Call,
  config: Config,
  store: Store,
  temporal: ConfiguredTemporal,
): Promise<Session> {
  const taskQueue = sharedQueue(config);
  const client = await connectTemporal(temporal);
  try {
    await requireWorker(client, taskQueue);
  } catch (error) {
    await client.connection.close();
    throw error;
  }
  const options = readBatchOptions(call, config, store);
  return {
    store,
    client,
    hummingbatch: createHummingbatch({ store, client, taskQueue, options }),
    address: temporal.address,
    namespace: temporal.namespace,
    taskQueue,
    ownsWorker: false,
    failed: new Promise(() => undefined),
    close: () => client.connection.close(),
  };
}
