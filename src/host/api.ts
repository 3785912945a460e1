import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import pino, { type Logger } from 'pino';
import { toClientError } from '../client/errors.ts';
import { connectTemporal, createHummingbatch, requireWorker } from '../client/index.ts';
import { type BatchOptions, HummingbatchError } from '../contract/index.ts';
import { STORE_FILE } from '../contract/places.ts';
import { DEFAULT_TASK_QUEUE } from '../contract/queues.ts';
import { parseHostAndPort } from '../net/host-and-port.ts';
import type { Store } from '../store/store.ts';
import { openStoreAt } from './open-store.ts';
import type { TemporalOptions } from './options.ts';
import { readVersion } from './version.ts';

const DEFAULT_PLACE = { host: '127.0.0.1', port: 8480 };
/** 100 a second: a page for each of a hundred people, and far below what one core answers. */
const REQUESTS_PER_MINUTE = 6_000;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** How the HTTP API serves. */
export interface ApiSettings {
  /** `host:port`. Default: 127.0.0.1:8480, or any port of it where that one is taken. */
  listen?: string | undefined;
  /** `NAME=TOKEN,…`; required to listen beyond this machine. A secret. Default: requests from this machine need no token. */
  tokens?: string | undefined;
  /** How many requests a token, or without tokens an address, may send in a minute. Default 6000. */
  requestsPerMinute?: number | undefined;
  /** The signing secrets (`whsec_…`) of the webhooks registered at Google. Default: Google's events are refused. */
  geminiWebhookSecrets?: readonly string[] | undefined;
}

/** Options of {@link startApi}. */
export interface ApiOptions extends ApiSettings {
  /** A folder, or a store that is open: the same one that the worker has. */
  store: string | Store;
  temporal: TemporalOptions;
  /** Default `hummingbatch`; what the worker serves. */
  taskQueue?: string | undefined;
  /** For every batch that is started here; a manifest's `run` block and a request's own options override it. */
  options?: Partial<BatchOptions> | undefined;
  /** Default: none. */
  log?: Logger | undefined;
}

/** The HTTP API in this process. */
export interface RunningApi {
  url: string;
  /** Finishes open requests, at most 10 s, and ends streams of events. */
  close(): Promise<void>;
}

/**
 * Starts the HTTP API in this process; docs/api.md describes it.
 *
 * @example
 * ```ts
 * import { startApi } from 'hummingbatch/host';
 *
 * const api = await startApi({ store: './hummingbatch', temporal: { address: 'localhost:7233' } });
 * console.log(`${api.url}/docs`);
 * ```
 * @throws `usage` where it cannot listen there, or is to listen beyond this machine without a token; `no-temporal` where no
 *   server answers within 10 s; and the errors of the store
 */
export async function startApi(options: ApiOptions): Promise<RunningApi> {
  const { address, namespace = 'default', connection } = options.temporal;
  const store = await openStoreAt(options.store);
  const client = await connectTemporal({ address, namespace, ...(connection && { connection }) });
  try {
    const api = await serveApi(client, store, options);
    return {
      url: api.url,
      async close() {
        await api.close();
        await client.connection.close();
      },
    };
  } catch (error) {
    await client.connection.close();
    throw error;
  }
}

/** The same over a client that is connected; it stays open. */
export async function serveApi(
  client: Client,
  store: Store,
  settings: Omit<ApiOptions, 'store' | 'temporal'>,
): Promise<RunningApi> {
  const { createApi, readTokens } = await import('../api/index.ts');
  const { taskQueue = DEFAULT_TASK_QUEUE, options = {} } = settings;
  const tokens = settings.tokens ? readTokens(settings.tokens) : [];
  const place = readPlace(settings.listen);
  if (tokens.length === 0) await requireLoopback(place.host);
  const app = await createApi({
    hummingbatch: createHummingbatch({ store, client, taskQueue, options }),
    store,
    tokens,
    geminiSecrets: settings.geminiWebhookSecrets ?? [],
    now: Date.now,
    log: settings.log ?? pino({ level: 'silent' }),
    version: readVersion(),
    requestsPerMinute: settings.requestsPerMinute ?? REQUESTS_PER_MINUTE,
    ready: () => requireReady(client, taskQueue, store),
  });
  try {
    return { url: await listen(app, place, settings.listen === undefined), close: () => app.close() };
  } catch (cause) {
    await app.close();
    throw cause;
  }
}

function readPlace(listen: string | undefined): { host: string; port: number } {
  if (listen === undefined) return DEFAULT_PLACE;
  const place = parseHostAndPort(listen);
  if (place) return place;
  throw new HummingbatchError('usage', `"${listen}" is not a host and a port.`, {
    fix: 'Name an address such as 127.0.0.1:8480.',
  });
}

async function requireLoopback(host: string): Promise<void> {
  const { address } = await lookup(host).catch((cause: unknown) => {
    throw new HummingbatchError('usage', `There is no host ${host} to listen at.`, { cause });
  });
  if (LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')) return;
  throw new HummingbatchError('usage', `Without a token the API does not listen at ${host}.`, {
    fix: 'Set HUMMINGBATCH_API_TOKENS to NAME=TOKEN, or listen at 127.0.0.1.',
  });
}

/** @param anyPort nobody named an address: a second API on this machine takes any port */
async function listen(
  app: FastifyInstance,
  place: { host: string; port: number },
  anyPort: boolean,
): Promise<string> {
  try {
    return await app.listen(place);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' && anyPort) return app.listen({ ...place, port: 0 });
    throw new HummingbatchError('usage', `The API cannot listen at ${place.host}:${place.port}: ${code}.`, {
      fix: 'Name another address with --listen, or in HUMMINGBATCH_API_LISTEN.',
      cause,
    });
  }
}

async function requireReady(client: Client, taskQueue: string, store: Store): Promise<void> {
  if (!(await store.head(STORE_FILE)))
    throw new HummingbatchError('store-missing', `The store ${store.location} is gone.`);
  try {
    await requireWorker(client, taskQueue);
  } catch (error) {
    throw toClientError(error, '');
  }
}
