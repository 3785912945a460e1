import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProblemDetails } from '../../src/api/problem.ts';
import { createHummingbatch } from '../../src/client/index.ts';
import { ERROR_CODES, HummingbatchError } from '../../src/contract/index.ts';
import { samples } from '../support/samples.ts';
import type { World } from '../support/world.ts';
import { type Api, type ApiDesk, openApi, openApiDesk, threeOutputs } from './api-kit.ts';

const GEMINI_SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

let desk: ApiDesk;
let world: World;
let api: Api;

beforeAll(async () => {
  desk = await openApiDesk({ jobSeconds: 0.2 }, { geminiSecrets: [GEMINI_SECRET] });
  ({ world, api } = desk);
  await desk.bring('refusals-there', 'COMPLETED');
});
afterAll(() => desk.close());

/** A connection that sends raw bytes. */
async function raw(
  bytes: string | Buffer,
  until: (heard: string) => boolean = (heard) => heard.includes('\r\n\r\n'),
) {
  const { port } = new URL(api.url);
  const socket: Socket = connect(Number(port), '127.0.0.1');
  let heard = '';
  socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  while (!until(heard) && !socket.destroyed)
    await Promise.race([once(socket, 'data'), once(socket, 'close')]);
  socket.destroy();
  return heard;
}

const PATIENT = { timeout: 20_000 };

/** Whatever was sent before, the API serves the next request. */
const expectAlive = async () => expect((await api.get('/v1/batches/refusals-there')).status).toBe(200);

describe('a body', () => {
  test.each(['application/json', 'multipart/form-data; boundary=x'])(
    'that says that it is too large is 413 before it is read: %s',
    async (type) => {
      const heard = await raw(
        `POST /v1/batches HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 2000000000\r\n\r\n`,
      );
      expect(heard).toMatch(/^HTTP\/1\.1 413 /);
      expect(heard.toLowerCase()).toContain('connection: close');
    },
  );

  test('of an event over the limit is 413 before it is read', async () => {
    const heard = await raw(
      'POST /v1/gemini/events HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 70000\r\n\r\n',
    );
    expect(heard).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('that exceeds the limit while it arrives is 413', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(1 << 20, 0x20)),
    });
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      duplex: 'half',
    } as RequestInit;
    const answer = await fetch(`${api.url}/v1/batches`, init).catch((error: unknown) => error);
    // A client that still sends may see the connection close before the response.
    if (answer instanceof Response) expect(answer.status).toBe(413);
    await expectAlive();
  });

  test.each([
    ['no type', {}, 'x', 415],
    ['an unsupported type', { 'content-type': 'text/html' }, '<p>', 415],
    ['no form', { 'content-type': 'multipart/form-data; boundary=x' }, 'no form at all', 400],
    ['a form without its boundary', { 'content-type': 'multipart/form-data' }, '--x\r\n', 400],
    ['a form without a manifest', { 'content-type': 'multipart/form-data; boundary=x' }, '--x--\r\n', 400],
    ['compression', { 'content-type': 'application/json', 'content-encoding': 'gzip' }, '{}', 415],
    ['half a JSON', { 'content-type': 'application/json' }, '{"name": "a"', 422],
    ['no object', { 'content-type': 'application/json' }, '[]', 422],
    ['bytes that are no text', { 'content-type': 'application/json' }, Buffer.from([0xff, 0xfe, 0x00]), 422],
    ['nothing', { 'content-type': 'application/yaml' }, '', 422],
  ] as [string, Record<string, string>, string | Buffer, number][])(
    'of %s is refused',
    async (_, headers, body, status) => {
      const answer = await api.post<ProblemDetails>('/v1/batches', { headers, body });
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(ERROR_CODES).toContain(answer.body.code);
    },
  );

  test('with two parts of one name, or with a reference as text, is refused', async () => {
    const twice = new FormData();
    for (const name of ['manifest', 'a.png', './a.png']) twice.append(name, new File(['x'], name));
    expect(await api.post('/v1/validate', { body: twice })).toMatchObject({
      status: 400,
      body: { detail: 'Two parts have the name "a.png".' },
    });
    const text = new FormData();
    text.append('manifest', JSON.stringify(threeOutputs('text')));
    text.append('a.png', 'no file');
    expect(await api.post('/v1/validate', { body: text })).toMatchObject({
      status: 400,
      body: { detail: 'The part "a.png" is not a file.' },
    });
  });

  test('with parts named like prototypes, or with thousands of parts, does no harm', async () => {
    const names = ['__proto__', 'constructor', 'toString'];
    for (const name of names) {
      const parts = new FormData();
      parts.append('manifest', JSON.stringify(threeOutputs('proto')));
      parts.append(name, new File(['x'], 'x'));
      expect((await api.post('/v1/validate', { body: parts })).status).toBeLessThan(500);
    }
    const many = new FormData();
    many.append('manifest', JSON.stringify(threeOutputs('many')));
    for (let n = 0; n < 1500; n++) many.append(`${n}.png`, new File(['x'], 'x'));
    expect((await api.post('/v1/validate', { body: many })).status).toBe(413);
    expect(await world.store.list('references/')).toEqual([]);
    await expectAlive();
  });
});

describe('connections', () => {
  test('that close in the middle of an upload leave no files behind', async () => {
    const head =
      '--x\r\ncontent-disposition: form-data; name="manifest"; filename="m.yaml"\r\n\r\nname: x\r\n--x\r\ncontent-disposition: form-data; name="a.png"; filename="a.png"\r\n\r\n';
    const left = () => readdir(join(world.store.location, '.tmp'));
    const { port } = new URL(api.url);
    const sockets = Array.from({ length: 5 }, () => connect(Number(port), '127.0.0.1'));
    for (const socket of sockets) {
      socket.on('error', () => undefined);
      socket.write(
        `POST /v1/batches HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 5000000\r\n\r\n${head}${'y'.repeat(200_000)}`,
      );
    }
    await expect.poll(async () => (await left()).length, PATIENT).toBe(5);
    for (const socket of sockets) socket.destroy();
    await expect.poll(left, PATIENT).toEqual([]);
    expect(await world.store.list('references/')).toEqual([]);
    await expectAlive();
  });

  test('that send half a request line, endless headers, or no HTTP are closed without harm', async () => {
    for (const bytes of [
      'GET /v1/ba',
      '\0\0\0\0\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(5000)}\r\n`,
      'POST /v1/batches HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n',
      'POST /v1/batches HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 4\r\n\r\nabcd',
    ])
      await raw(bytes, () => true);
    await expectAlive();
  });

  test('that are half closed are closed', async () => {
    const { port } = new URL(api.url);
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
    let heard = '';
    socket.on('data', (data: Buffer) => (heard += data.toString('latin1')));
    socket.end('GET /v1/batches/refusals-there HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
    await once(socket, 'close');
    expect(heard).toMatch(/^$|^HTTP\/1\.1 200 /);
    await expectAlive();
  });

  test('of readers that disconnect end their streams', async () => {
    for (let n = 0; n < 20; n++)
      await raw(
        'GET /v1/batches/refusals-there/events HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n',
        () => true,
      );
    await expect
      .poll(
        async () =>
          /hummingbatch_api_open_requests (\d+)/.exec(String((await api.get('/metrics')).body))?.[1],
        PATIENT,
      )
      .toBe('1');
  });
});

describe('an unavailable service', () => {
  test('is 503 with its code, and an unexpected error is 500 without its message', async () => {
    const failing = async (error: unknown): Promise<never> => {
      throw error;
    };
    const broken = (error: unknown) =>
      openApi({
        ...world,
        hummingbatch: {
          ...world.hummingbatch,
          batch: (id) => ({ ...world.hummingbatch.batch(id), status: () => failing(error) }),
        },
      });
    const away = await broken(new HummingbatchError('no-temporal', 'The Temporal server did not answer.'));
    expect(await away.get('/v1/batches/refusals-there')).toMatchObject({
      status: 503,
      body: { code: 'no-temporal' },
    });
    for (const odd of [
      new Error('secret of the inside'),
      new HummingbatchError('internal', 'secret of the inside'),
      new HummingbatchError('store-corrupt', 'The store /secret of the inside has lost its file x.'),
    ]) {
      const asked = await broken(odd);
      const { status, body } = await asked.get<ProblemDetails>('/v1/batches/refusals-there');
      expect(status).toBe(500);
      expect(JSON.stringify(body)).not.toContain('secret of the inside');
    }
  });

  test('makes readyz say what is missing', async () => {
    const unready = await openApi(world, {
      ready: () => Promise.reject(new HummingbatchError('no-worker', 'No worker serves the task queue x.')),
    });
    expect(await unready.get('/readyz')).toMatchObject({ status: 503, body: { code: 'no-worker' } });
    expect((await unready.get('/healthz')).status).toBe(200);
  });

  test('is not needed for 429: requests are limited by token, and by address without one', async () => {
    const limited = await openApi(world, {
      tokens: 'a=aaaaaaaaaaaaaaaa,b=bbbbbbbbbbbbbbbb',
      requestsPerMinute: 3,
      geminiSecrets: [GEMINI_SECRET],
    });
    const ask = (token?: string) => limited.get<ProblemDetails>('/v1/batches/refusals-there', { token });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await ask('aaaaaaaaaaaaaaaa')).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
    expect(await ask('aaaaaaaaaaaaaaaa')).toMatchObject({
      body: { code: 'rate-limited', fix: expect.stringContaining('Send the next one in') },
    });
    expect((await ask('bbbbbbbbbbbbbbbb')).status).toBe(200);
    const unauthorised: number[] = [];
    for (let n = 0; n < 70; n++) unauthorised.push((await ask('wrong')).status);
    expect(new Set(unauthorised)).toEqual(new Set([401, 429]));
    expect((await limited.get('/healthz')).status).toBe(200);
    // Behind a proxy Google's events come from the same address. They have a limit of their own.
    expect((await limited.post('/v1/gemini/events', { body: {} })).status).toBe(401);
  });
});

/** Half of a surrogate pair cannot be encoded. */
function encoded(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '?'));
}

describe('a Temporal server that accepts connections and never answers', () => {
  test('is reported within 10 s, also by a start', { timeout: 60_000 }, async () => {
    const hole = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(hole, 'listening');
    const { port } = hole.address() as AddressInfo;
    const connection = Connection.lazy({ address: `127.0.0.1:${port}` });
    const { store, taskQueue } = world;
    const hummingbatch = createHummingbatch({ store, taskQueue, client: new Client({ connection }) });
    const away = await openApi({ store, hummingbatch });
    const [started, read, retried] = await Promise.all([
      away.post('/v1/batches', { body: threeOutputs('hole') }),
      away.get('/v1/batches/refusals-there'),
      away.post('/v1/batches/refusals-there/retry', { body: { keys: ['hero'] } }),
    ]);
    for (const { status, body } of [started, read, retried])
      expect({ status, body }).toMatchObject({ status: 503, body: { code: 'no-temporal' } });
    await connection.close();
    hole.close();
  });
});

describe('anything', () => {
  const ROUTES = [
    ['POST', '/v1/gemini/events'],
    ['GET', '/openapi.json'],
    ['GET', '/docs/{name}'],
    ['GET', '/v1/batches'],
    ['GET', '/v1/batches/{id}'],
    ['GET', '/v1/batches/{id}/records'],
    ['GET', '/v1/batches/{id}/images/{name}'],
    ['GET', '/v1/batches/{id}/archive.zip'],
    ['GET', '/v1/batches/{id}/events'],
    ['POST', '/v1/validate'],
    ['POST', '/v1/estimate'],
    ['POST', '/v1/batches'],
    ...['retry', 'approve', 'accept', 'adopt', 'set-budget', 'check-now', 'cancel'].map((name) => [
      'POST',
      `/v1/batches/{id}/${name}`,
    ]),
  ] as [string, string][];
  const word = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom('refusals-there', '..', '%00', 'null', '-1', '1e999', 'a'.repeat(300)),
  );
  const json = fc.oneof(
    fc.json(),
    fc.constantFrom(
      '{"__proto__":{"a":1}}',
      '{"constructor":{}}',
      '['.repeat(5000),
      '{"maxCostUsd":1e999}',
      '"\\ud800"',
    ),
  );
  const type = fc.constantFrom(
    'application/json',
    'application/yaml',
    'multipart/form-data; boundary=x',
    'text/plain',
    'application/json; charset=utf-16',
    '',
  );
  const header = fc.constantFrom(
    'idempotency-key',
    'last-event-id',
    'accept',
    'range',
    'if-none-match',
    'authorization',
    'expect',
    'content-encoding',
  );
  const query = fc.constantFrom(
    'state',
    'reason',
    'label',
    'since',
    'limit',
    'after',
    'outcome',
    'key',
    'flag',
    'batchId',
    'within',
    '__proto__',
  );

  test.each(ROUTES)(
    'that is sent to %s %s is answered, and with nothing of ours that broke',
    { timeout: 60_000 },
    async (method, path) => {
      await fc.assert(
        fc.asyncProperty(
          word,
          word,
          fc.array(fc.tuple(query, word), { maxLength: 4 }),
          fc.array(fc.tuple(header, fc.string({ maxLength: 40 })), { maxLength: 3 }),
          type,
          json,
          async (id, name, params, headers, contentType, body) => {
            const target = path.replace('{id}', encoded(id)).replace('{name}', encoded(name));
            const search = params.map(([key, value]) => `${key}=${encoded(value)}`).join('&');
            const sendable = headers
              .filter(([, value]) => /^[\x21-\x7e]+$/.test(value) && value !== '100-continue')
              .map(([key, value]) => `${key}: ${value}\r\n`)
              .join('');
            const content =
              method === 'POST'
                ? `content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
                : '\r\n';
            const heard = await raw(
              `${method} ${target}?${search} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${sendable}${content}`,
            );
            const status = Number(/^HTTP\/1\.1 (\d+)/.exec(heard)?.[1]);
            expect(status, heard).toBeGreaterThanOrEqual(200);
            expect(status, heard).toBeLessThan(500);
            // Node itself answers 417, before the API sees the request.
            if (status >= 400 && status !== 417)
              expect(heard, `${method} ${target}`).toMatch(/content-type: application\/problem\+json/i);
          },
        ),
        { numRuns: Number(process.env['FUZZ_RUNS'] ?? samples(10, 60)) },
      );
      await expectAlive();
    },
  );
});
