import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { head, startApi } from './kit.ts';

const MIB = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
const TOKENS = 'a=aaaaaaaaaaaaaaaa,b=bbbbbbbbbbbbbbbb';
const authorization = (token: string) => ({ authorization: `Bearer ${token.repeat(16)}` });
const SMALL = JSON.stringify({
  name: 'small',
  model: 'nano-banana-pro',
  items: [{ key: 'a', prompt: 'x' }],
});
const PATIENT = { timeout: 40_000 };

type Api = Awaited<ReturnType<typeof startApi>>;
type Sender = Awaited<ReturnType<Api['open']>>;

function validate({ url }: Api, headers: Record<string, string>, body: string) {
  return fetch(`${url}/v1/validate`, { method: 'POST', headers, body });
}

test('the health check answers while YAML files of 7 MB are read', async () => {
  const api = await startApi();
  const metadata = Array.from({ length: 12 }, (_, n) => `      m${n}: ${'word '.repeat(118)}\n`).join('');
  const items = Array.from(
    { length: 1000 },
    (_, n) => `  - key: k${n}\n    prompt: x\n    metadata:\n${metadata}`,
  );
  const yaml = `name: large\nmodel: nano-banana-pro\nitems:\n${items.join('')}`;
  const check = async (body: string) =>
    (await validate(api, { 'content-type': 'application/yaml' }, body)).json();
  const isOk = expect.objectContaining({ ok: true });
  // Everything is loaded.
  expect(await check(SMALL)).toEqual(isOk);
  const { answers, result } = await api.watchHealth(Promise.all([check(yaml), check(yaml), check(yaml)]));
  expect(result).toEqual([isOk, isOk, isOk]);
  // A server that reads them itself answers three times, between two files.
  expect(answers).toBeGreaterThan(20);
});

describe('bodies', () => {
  test('whose last byte does not come take bounded memory, and others are served beside them', async () => {
    const api = await startApi(TOKENS);
    const before = await api.memory();
    const body = Buffer.alloc(31 * MIB, 0x20);
    const request = head('/v1/validate', {
      ...JSON_TYPE,
      ...authorization('a'),
      'content-length': body.length,
    });
    const senders: Sender[] = [];
    for (let n = 0; n < 50; n += 1) senders.push(await api.open(request, body.subarray(1)));
    const refused = () => senders.filter(({ heard }) => heard() !== '');
    await expect.poll(() => refused().length, PATIENT).toBe(46);
    for (const { heard } of refused()) {
      expect(heard()).toMatch(/^HTTP\/1\.1 429 /);
      expect(heard()).toMatch(/^retry-after: 5\r$/im);
      expect(heard()).toContain('"code":"rate-limited"');
    }
    expect((await api.memory()) - before).toBeLessThan(400 * MIB);
    expect((await validate(api, { ...JSON_TYPE, ...authorization('a') }, SMALL)).status).toBe(200);
    expect((await validate(api, { ...JSON_TYPE, ...authorization('b') }, SMALL)).status).toBe(200);

    // Two tokens have everything. What a sender gives up is there for the next one.
    const other = head('/v1/validate', {
      ...JSON_TYPE,
      ...authorization('b'),
      'content-length': body.length,
    });
    for (let n = 0; n < 4; n += 1) senders.push(await api.open(other, body.subarray(1)));
    for (const { socket } of senders) socket.destroy();
    await expect
      .poll(
        async () =>
          (await validate(api, { ...JSON_TYPE, ...authorization('a') }, SMALL.padEnd(31 * MIB))).status,
        PATIENT,
      )
      .toBe(200);
  });

  test('of unknown length are counted while they arrive', async () => {
    const api = await startApi();
    const chunk = Buffer.alloc(MIB, 0x20);
    const senders: Sender[] = [];
    for (let n = 0; n < 5; n += 1) {
      const sender = await api.open(head('/v1/validate', { ...JSON_TYPE, 'transfer-encoding': 'chunked' }));
      for (let sent = 0; sent < 30; sent += 1) {
        sender.socket.write(`${chunk.length.toString(16)}\r\n`);
        sender.socket.write(chunk);
        sender.socket.write('\r\n');
      }
      senders.push(sender);
    }
    await expect
      .poll(() => senders.map(({ heard }) => heard()).join(''), PATIENT)
      .toMatch(/^HTTP\/1\.1 429 /);
  });

  test('in a form are counted, too', async () => {
    const api = await startApi();
    const part = '--x\r\ncontent-disposition: form-data; name="manifest"; filename="m.json"\r\n\r\n';
    const request = head('/v1/validate', {
      'content-type': 'multipart/form-data; boundary=x',
      'content-length': 32 * MIB,
    });
    const senders: Sender[] = [];
    for (let n = 0; n < 5; n += 1) senders.push(await api.open(request, part, Buffer.alloc(31 * MIB, 0x20)));
    await expect
      .poll(() => senders.map(({ heard }) => heard()).join(''), PATIENT)
      .toMatch(/^HTTP\/1\.1 429 /);
  });

  test('that stall are refused, and their connection is closed', async () => {
    const api = await startApi();
    const length = { 'content-length': 100_000 };
    const form = '--x\r\ncontent-disposition: form-data; name="a.png"; filename="a.png"\r\n\r\nyyy';
    const senders = await Promise.all([
      api.open(head('/v1/validate', { ...JSON_TYPE, ...length }), '{"name":'),
      api.open(head('/v1/batches/b-1/retry', { ...JSON_TYPE, ...length }), '{"keys":'),
      api.open(head('/v1/validate', { 'content-type': 'multipart/form-data; boundary=x', ...length }), form),
    ]);
    // A byte each second: the connection is not idle.
    const dripping = setInterval(() => senders.forEach(({ socket }) => socket.write(' ')), 1_000);
    await Promise.all(senders.map(({ socket }) => once(socket, 'close')));
    clearInterval(dripping);
    for (const { heard } of senders) {
      expect(heard()).toMatch(/^HTTP\/1\.1 408 /);
      expect(heard()).toContain('"code":"timed-out"');
    }
  });

  test('for a route that does not exist are not read', async () => {
    const api = await startApi(TOKENS);
    const { heard } = await api.open(head('/v1/nothing', { ...JSON_TYPE, 'content-length': MIB }), 'x');
    await expect.poll(heard, PATIENT).toMatch(/^HTTP\/1\.1 404 /);
  });
});

describe('streams of events', () => {
  test('of one token have a limit, and neither the health check nor other tokens notice', async () => {
    const api = await startApi(TOKENS);
    const stream = (token: string) =>
      `GET /v1/batches/b-1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token.repeat(16)}\r\n\r\n`;
    const opened: Sender[] = [];
    for (let n = 0; n < 510; n += 1) opened.push(await api.open(stream('a')));
    const count = (status: number) =>
      opened.filter(({ heard }) => heard().startsWith(`HTTP/1.1 ${status} `)).length;
    await expect.poll(() => [count(200), count(429)], PATIENT).toEqual([500, 10]);
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    const other = await api.open(stream('b'));
    await expect.poll(other.heard, PATIENT).toMatch(/^HTTP\/1\.1 200 /);

    // A stream that ends makes room for another.
    opened[0]?.socket.destroy();
    await expect
      .poll(async () => {
        const next = await api.open(stream('a'));
        await expect.poll(next.heard, PATIENT).not.toBe('');
        return next.heard();
      }, PATIENT)
      .toMatch(/^HTTP\/1\.1 200 /);
  });
});

test('connections that send nothing do not keep the health check out', async () => {
  const api = await startApi();
  for (let n = 0; n < 2_050; n += 1) await api.open();
  expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
  expect((await validate(api, JSON_TYPE, SMALL)).status).toBe(200);
});
