import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GoogleGenAI } from '@google/genai';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import { createReceiver, type Received } from '../support/receiver.ts';
import { requestLine, withClock } from './emulator-kit.ts';

const ALL = ['batch.succeeded', 'batch.failed', 'batch.expired', 'batch.cancelled'];
const MINUTE = 60;
const LINES = [requestLine('a'), requestLine('b')];

/** An emulator with a clock that the test moves, and one endpoint. */
async function listening(options: EmulatorOptions = {}, uri?: string, events = ALL) {
  const receiver = await createReceiver();
  const world = await withClock(options);
  onTestFinished(() => world.emulator.close());
  const created = await world.client.call('POST', '/v1beta/webhooks', {
    name: 'ours',
    uri: uri ?? receiver.url,
    subscribed_events: events,
  });
  const secret = created.json.new_signing_secret as string;
  return {
    ...world,
    receiver,
    created,
    secret,
    job: async (lines: readonly unknown[] = LINES) =>
      (await world.client.createFromLines(lines)).json.name as string,
    arrived: (count: number) => arrived(receiver.received, count),
    deliveries: async () => (await world.emulator.ledger()).events,
  };
}

/** Waits until this many events have arrived. */
async function arrived(received: readonly Received[], count: number): Promise<Received[]> {
  await expect.poll(() => received.length).toBeGreaterThanOrEqual(count);
  return [...received];
}

function getPayload({ body }: Received) {
  return JSON.parse(body) as { type: string; version: string; timestamp: string; data: { id: string } };
}

/** Verifies with a Standard Webhooks library that shares no code with the emulator, at the test's time. */
function verify({ headers, body }: Received, secret: string, now: number): unknown {
  vi.useFakeTimers({ now, toFake: ['Date'] });
  try {
    return new Webhook(secret).verify(body, headers as Record<string, string>);
  } finally {
    vi.useRealTimers();
  }
}

describe('endpoints', () => {
  test('the secret is returned once, at the creation', async () => {
    const { created, client, secret } = await listening();
    expect(created.status).toBe(200);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
    const { id } = created.json;
    expect(id).toMatch(/^[a-z0-9]{36}$/);
    const one = await client.call('GET', `/v1/webhooks/${id}`);
    const list = await client.call('GET', '/v1beta/webhooks');
    expect(one.json).toMatchObject({ id, name: 'ours', state: 'enabled', subscribed_events: ALL });
    expect(one.json.signing_secrets).toEqual([{ truncated_secret: `whsec_...${secret.slice(-4)}` }]);
    expect(list.json.webhooks).toEqual([one.json]);
    expect(one.text + list.text).not.toContain(secret.slice(6));
  });

  test('an invalid endpoint is refused with its field, and a missing key too', async () => {
    const { client } = await withClock();
    const create = (body: object) => client.call('POST', '/v1beta/webhooks', body);
    const uri = 'http://127.0.0.1:9/';
    const wrong = [
      [{ uri, subscribed_events: ['batch.completed'] }, 'unknown event \\"batch.completed\\"'],
      [{ uri, subscribed_events: [] }, 'must not be empty'],
      [{ uri: 'ftp://x', subscribed_events: ALL }, 'must be a URL'],
      [{ subscribed_events: ALL }, 'must be a URL'],
      [{ uri, events: ALL }, 'Unknown name \\"events\\"'],
    ] as const;
    for (const [body, says] of wrong) {
      const { status, text } = await create(body);
      expect(status).toBe(400);
      expect(text).toContain(says);
    }
    expect((await client.call('GET', '/v1beta/webhooks')).json).toEqual({});
    expect((await client.call('GET', '/v1beta/webhooks/none')).status).toBe(404);
  });

  test('Google’s own client creates, lists, reads and deletes them', async () => {
    const { emulator, client } = await withClock();
    onTestFinished(() => emulator.close());
    const ai = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: emulator.url } });
    const uri = 'https://example.test/hook';
    const made = await ai.webhooks.create({ name: 'one', uri, subscribed_events: ['batch.succeeded'] });
    expect(made).toMatchObject({ name: 'one', uri, state: 'enabled' });
    expect(made.new_signing_secret).toMatch(/^whsec_/);
    await ai.webhooks.create({ uri, subscribed_events: ['batch.failed'] });
    const first = await ai.webhooks.list({ page_size: 1 });
    const second = await ai.webhooks.list({ page_size: 1, page_token: first.next_page_token ?? '' });
    const names = [...(first.webhooks ?? []), ...(second.webhooks ?? [])].map(({ id }) => id);
    expect(new Set(names).size).toBe(2);
    expect(second.next_page_token).toBeUndefined();
    expect(await ai.webhooks.get(made.id ?? '')).toMatchObject({ id: made.id, name: 'one' });
    await ai.webhooks.delete(made.id ?? '');
    expect((await client.call('GET', `/v1beta/webhooks/${made.id}`)).status).toBe(404);
  });
});

describe('events', () => {
  test('the end of a job is sent once, signed by Standard Webhooks, with names and no answers', async () => {
    const { job, pass, arrived, secret, clock, deliveries } = await listening();
    const name = await job();
    pass(2 * MINUTE);
    const [event] = (await arrived(1)) as [Received];
    expect(verify(event, secret, clock.now)).toEqual({
      type: 'batch.succeeded',
      version: 'v1',
      timestamp: '2026-11-01T12:01:40.000Z',
      data: { id: name, output_file_uri: `files/batch-${name.slice('batches/'.length)}` },
    });
    expect(event.headers['webhook-timestamp']).toBe(String(clock.now / 1000));
    expect(() => verify(event, `whsec_${Buffer.alloc(24).toString('base64')}`, clock.now)).toThrow(
      'No matching signature found',
    );
    expect(() => verify(event, secret, clock.now + 301_000)).toThrow('Message timestamp too old');
    // The only event that follows is that of a second job.
    await job();
    pass(2 * MINUTE);
    const [, second] = await arrived(2);
    expect(second?.headers['webhook-id']).not.toBe(event.headers['webhook-id']);
    await expect.poll(() => deliveries()).toEqual({ delivered: 2, failed: 0 });
  });

  test('each end has its own type, and a job that was deleted before has no event', async () => {
    const { job, pass, arrived, client } = await listening({
      faults: {
        faults: [
          { fault: 'job.failed', code: 8, match: { nth: 1 } },
          { fault: 'job.expired', match: { nth: 2 } },
        ],
      },
    });
    const failed = await job();
    const expired = await job();
    const cancelled = await job();
    await client.call('DELETE', `/v1beta/${await job()}`);
    await client.call('POST', `/v1beta/${cancelled}:cancel`);
    pass(2 * MINUTE);
    const all = (await arrived(3)).map(getPayload).map(({ type, data }) => [data.id, type, data]);
    expect(all).toHaveLength(3);
    expect(all).toContainEqual([
      failed,
      'batch.failed',
      { id: failed, error_code: 8, error_message: 'Internal error encountered.' },
    ]);
    expect(all).toContainEqual([expired, 'batch.expired', expect.objectContaining({ error_code: 9 })]);
    expect(all).toContainEqual([cancelled, 'batch.cancelled', expect.objectContaining({ error_code: 1 })]);
  });

  test('an endpoint gets no event that it did not subscribe to, or from before its creation', async () => {
    const { emulator, client, pass } = await withClock();
    onTestFinished(() => emulator.close());
    await client.createFromLines(LINES);
    pass(2 * MINUTE);
    const all = await createReceiver();
    const failed = await createReceiver();
    await client.call('POST', '/v1/webhooks', { uri: all.url, subscribed_events: ALL });
    await client.call('POST', '/v1/webhooks', { uri: failed.url, subscribed_events: ['batch.failed'] });
    const second = (await client.createFromLines(LINES)).json.name;
    const broken = (await client.createFromFile((await client.upload('no list of requests')).name)).json.name;
    pass(2 * MINUTE);
    await expect.poll(async () => (await emulator.ledger()).events.delivered).toBeGreaterThanOrEqual(3);
    const listNotified = (received: readonly Received[]) =>
      received.map(getPayload).map(({ data }) => data.id);
    expect(listNotified(failed.received)).toEqual([broken]);
    expect(new Set(listNotified(all.received))).toEqual(new Set([second, broken]));
    expect(all.received).toHaveLength(2);
  });

  test('an event that fails is sent again with the same id, after growing pauses', async () => {
    let answers = 0;
    const refusing = await createReceiver(
      (_, response) => void response.writeHead(++answers < 3 ? 500 : 200).end(),
    );
    const { job, pass, deliveries, secret, clock } = await listening({}, refusing.url);
    await job();
    pass(2 * MINUTE);
    const [first] = (await arrived(refusing.received, 1)) as [Received];
    // Not before a second, then not before two.
    await expect.poll(async () => (await deliveries()).failed).toBe(1);
    pass(1);
    await expect.poll(async () => (await deliveries()).failed).toBe(2);
    pass(1);
    const { now } = clock;
    pass(1);
    const [, , third] = (await arrived(refusing.received, 3)) as [Received, Received, Received];
    expect(third.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(third.body).toBe(first.body);
    expect(Number(third.headers['webhook-timestamp'])).toBeGreaterThan(now / 1000);
    expect(verify(third, secret, clock.now)).toMatchObject({ type: 'batch.succeeded' });
    await expect.poll(() => deliveries()).toEqual({ delivered: 1, failed: 2 });
  });

  test('a receiver that hangs delays neither other receivers nor close', async () => {
    const hanging = await createReceiver(() => undefined);
    const { job, pass, arrived, client, receiver, emulator } = await listening();
    await client.call('POST', '/v1/webhooks', { uri: hanging.url, subscribed_events: ALL });
    await Promise.all(Array.from({ length: 15 }, () => job()));
    pass(2 * MINUTE);
    await arrived(15);
    // Of 15 events only 10 are sent at a time.
    await expect.poll(() => hanging.received.length).toBe(10);
    const before = performance.now();
    await emulator.close();
    expect(performance.now() - before).toBeLessThan(2_000);
    expect(receiver.received.length).toBe(15);
  });

  test('a deleted endpoint gets no more events', async () => {
    const refusing = await createReceiver((_, response) => void response.writeHead(503).end());
    const { job, pass, created, client, emulator } = await listening({}, refusing.url);
    await job();
    pass(2 * MINUTE);
    await expect.poll(async () => (await emulator.ledger()).events.failed).toBe(1);
    await client.call('DELETE', `/v1beta/webhooks/${created.json.id}`);
    const other = await createReceiver();
    await client.call('POST', '/v1/webhooks', { uri: other.url, subscribed_events: ALL });
    pass(10 * MINUTE);
    await job();
    pass(2 * MINUTE);
    await arrived(other.received, 1);
    expect(refusing.received).toHaveLength(1);
  });
});

test('after a restart endpoints exist, failed events are sent again, and delivered ones are not', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'emulator-webhooks-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  let isDown = true;
  const flaky = await createReceiver(({ body }, response) => {
    const refused = isDown && body.includes('batch.failed');
    response.writeHead(refused ? 500 : 200).end();
  });
  const faults = { faults: [{ fault: 'job.failed' as const, code: 13, match: { nth: 2 } }] };
  const first = await listening({ directory, faults }, flaky.url);
  await first.job();
  await first.job();
  first.pass(2 * MINUTE);
  await expect.poll(() => first.deliveries()).toEqual({ delivered: 1, failed: 1 });
  await first.job();
  await first.emulator.close();

  isDown = false;
  const second = await withClock({ directory, now: () => first.clock.now + 10 * MINUTE * 1000 });
  onTestFinished(() => second.emulator.close());
  // The job that ended while the emulator was down, and the event that was refused.
  await expect.poll(async () => (await second.emulator.ledger()).events).toEqual({ delivered: 2, failed: 0 });
  const types = flaky.received.map(getPayload).map(({ type }) => type);
  expect(types.toSorted()).toEqual(['batch.failed', 'batch.failed', 'batch.succeeded', 'batch.succeeded']);
  const ids = flaky.received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(3);
});

describe('faults', () => {
  test('an event can be lost, sent twice with one id, and sent late', async () => {
    const { job, pass, arrived, receiver, emulator } = await listening({
      faults: {
        faults: [
          { fault: 'event.lost', match: { nth: 1 } },
          { fault: 'event.twice', match: { nth: 2 } },
          { fault: 'event.late', afterMs: 600_000, match: { nth: 3 } },
        ],
      },
    });
    await job();
    pass(2 * MINUTE);
    await expect.poll(async () => (await emulator.ledger()).faults['event.lost']).toBe(1);
    const twice = await job();
    pass(2 * MINUTE);
    await arrived(2);
    const late = await job();
    pass(2 * MINUTE);
    await expect.poll(async () => (await emulator.ledger()).faults['event.late']).toBe(1);
    pass(10 * MINUTE);
    await arrived(3);
    expect(receiver.received.map(getPayload).map(({ data }) => data.id)).toEqual([twice, twice, late]);
    expect(receiver.received[0]?.headers['webhook-id']).toBe(receiver.received[1]?.headers['webhook-id']);
  });
});
