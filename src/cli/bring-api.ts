import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';
import type { Client } from '@temporalio/client';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { toClientError } from '../client/errors.ts';
import { type Hummingbatch, requireWorker } from '../client/index.ts';
import { type Config, hostAndPort } from '../config.ts';
import { HummingbatchError } from '../contract/index.ts';
import { STORE_FILE } from '../contract/places.ts';
import type { Store } from '../store/store.ts';

/** Where the API listens unless told otherwise. */
const USUAL = { host: '127.0.0.1', port: 8480 };
/** 100 a second: a page for each of a hundred people, and far below what one core answers. */
const REQUESTS_PER_MINUTE = 6_000;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

export interface ApiPlace {
  client: Client;
  hummingbatch: Hummingbatch;
  taskQueue: string;
}

export interface RunningApi {
  url: string;
  /** Lets requests end; streams of events are cut. */
  close(): Promise<void>;
}

/**
 * The HTTP API in this process.
 *
 * @param version of this package
 * @throws `usage` where it cannot listen, or is to listen beyond this machine without a token
 */
export async function startApi(
  { apiTokens, apiListen, apiRequestsPerMinute = REQUESTS_PER_MINUTE, geminiWebhookSecrets = [] }: Config,
  store: Store,
  { client, hummingbatch, taskQueue }: ApiPlace,
  { log, version }: { log: Logger; version: string },
): Promise<RunningApi> {
  const { createApi, readTokens } = await import('../api/index.ts');
  const tokens = apiTokens ? readTokens(apiTokens) : [];
  const place = (apiListen && hostAndPort(apiListen)) || USUAL;
  if (tokens.length === 0) await requireLoopback(place.host);
  const app = await createApi({
    hummingbatch,
    store,
    tokens,
    geminiSecrets: geminiWebhookSecrets,
    now: Date.now,
    log,
    version,
    requestsPerMinute: apiRequestsPerMinute,
    ready: () => requireReady(client, taskQueue, store),
  });
  try {
    return { url: await listen(app, place, apiListen === undefined), close: () => app.close() };
  } catch (cause) {
    await app.close();
    throw cause;
  }
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

/** Where nobody named an address any port will do: a second `up` on this machine has the usual one. */
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
    throw new HummingbatchError('store-missing', `The store ${store.location} is not there.`);
  try {
    await requireWorker(client, taskQueue);
  } catch (error) {
    throw toClientError(error, '');
  }
}
