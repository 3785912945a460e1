import pino from 'pino';
import { expect, onTestFinished } from 'vitest';
import type { ApiContext } from '../../src/api/context.ts';
import { createApi, readTokens } from '../../src/api/index.ts';
import type { BatchProgress } from '../../src/contract/index.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

/** A response. */
export interface Answer<Body = Record<string, never>> {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Asking {
  token?: string | undefined;
  key?: string;
  headers?: Record<string, string>;
  /** Sent as JSON, unless it is a form, text or bytes. */
  body?: unknown;
}

const log = pino({ level: process.env['TEST_LOG'] ?? 'silent' }, pino.destination(2));

/** The API of a world on a port of its own, and functions that call it. */
export async function openApi(
  world: Pick<World, 'hummingbatch' | 'store'>,
  { tokens = '', onFinished = onTestFinished, ...instead }: ApiWorld = {},
) {
  const app = await createApi({
    hummingbatch: world.hummingbatch,
    store: world.store,
    tokens: tokens ? readTokens(tokens) : [],
    geminiSecrets: [],
    now: Date.now,
    log,
    version: '0.0.0',
    requestsPerMinute: 100_000,
    ready: async () => undefined,
    ...instead,
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onFinished(() => app.close());

  async function ask<Body = Record<string, never>>(
    method: string,
    path: string,
    { token, key, headers = {}, body }: Asking = {},
  ): Promise<Answer<Body>> {
    const isRaw = body instanceof FormData || typeof body === 'string' || body instanceof Uint8Array;
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(key && { 'idempotency-key': key }),
        ...(body !== undefined && !isRaw && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: isRaw ? body : JSON.stringify(body) }),
    });
    const isJson = answer.headers.get('content-type')?.includes('json');
    return {
      status: answer.status,
      headers: answer.headers,
      body: (isJson ? await answer.json() : await answer.text()) as Body,
    };
  }

  return {
    url,
    app,
    ask,
    get: <Body>(path: string, asking?: Asking) => ask<Body>('GET', path, asking),
    post: <Body>(path: string, asking?: Asking) => ask<Body>('POST', path, asking),
  };
}

interface ApiWorld extends Partial<Omit<ApiContext, 'tokens'>> {
  /** The value of the setting. */
  tokens?: string;
  onFinished?: (clean: () => Promise<void>) => void;
}

export type Api = Awaited<ReturnType<typeof openApi>>;

/** A world with a worker, and its API, for all tests of a file. */
export async function openApiDesk(
  worldOptions: WorldOptions = {},
  apiOptions: Omit<ApiWorld, 'onFinished'> = {},
) {
  const world = await createWorld(worldOptions);
  await world.work();
  const closing: (() => Promise<void>)[] = [];
  /** Another API of the same world. */
  const open = (options: Omit<ApiWorld, 'onFinished'> = {}) =>
    openApi(world, { ...options, onFinished: (clean) => void closing.push(clean) });
  const api = await open(apiOptions);
  const { hummingbatch } = world;

  /** Waits until a batch is in a state. */
  async function until(id: string, isSo: (progress: BatchProgress) => boolean): Promise<BatchProgress> {
    for await (const progress of hummingbatch.batch(id).progress()) if (isSo(progress)) return progress;
    throw new Error(`${id} ended before`);
  }

  /** Starts a batch of three outputs over HTTP, and waits until it is in a state. */
  async function bring(id: string, state: BatchProgress['state'], more: object = {}): Promise<void> {
    const { status } = await api.post(`/v1/batches?batchId=${id}`, { body: threeOutputs(id, more) });
    expect(status).toBe(201);
    await until(id, (progress) => progress.state === state);
  }

  return {
    world,
    api,
    open,
    until,
    ended: (id: string) => hummingbatch.batch(id).wait(),
    bring,
    async close(): Promise<void> {
      for (const close of closing) await close();
      await world.close();
    },
  };
}

export type ApiDesk = Awaited<ReturnType<typeof openApiDesk>>;

/** A manifest of three outputs. */
export function threeOutputs(name: string, more: object = {}) {
  return {
    name,
    model: 'nano-banana-pro',
    items: [
      { key: 'hero', prompt: 'A bottle on wet slate', count: 2 },
      { key: 'flat', prompt: 'A bottle from above' },
    ],
    ...more,
  };
}
