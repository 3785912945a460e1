import { randomBytes } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test, vi } from 'vitest';
import { createGeminiEvents, type GeminiRequest } from '../../../src/api/gemini-events.ts';
import type { JobEventResult } from '../../../src/client/index.ts';
import { HummingbatchError } from '../../../src/contract/index.ts';

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(24, 8).toString('base64')}`;
const NOW = Date.parse('2026-11-24T12:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const JOB = 'batches/abc123';

function buildEvent(type = 'batch.succeeded', data: object = { id: JOB }) {
  return { type, version: 'v1', timestamp: '2026-11-24T11:59:59Z', data };
}

/** A request that an independent library signed. */
function signed(
  payload: unknown = buildEvent(),
  { id = 'msg_1', at = NOW, secret = SECRET } = {},
): GeminiRequest & { headers: Record<string, string> } {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return {
    headers: {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(at), text),
    },
    body: Buffer.from(text),
  };
}

/** A receiver with a clock that the test moves, and the jobs that it woke. */
function createReceiver(secrets: readonly string[] = [SECRET], result: JobEventResult = 'delivered') {
  const clock = { now: NOW };
  const wake = vi.fn<(job: string) => Promise<JobEventResult>>(async () => result);
  const events = createGeminiEvents({ secrets, now: () => clock.now, wake });
  return { clock, wake, receive: (request: GeminiRequest) => events.receive(request) };
}

async function catchRefusal(receiving: Promise<unknown>): Promise<HummingbatchError> {
  const error: unknown = await receiving.catch((error: unknown) => error);
  if (error instanceof HummingbatchError) return error;
  throw new Error('It was not refused.', { cause: error });
}

describe('an event signed by Google', () => {
  test.each(['batch.succeeded', 'batch.failed', 'batch.expired', 'batch.cancelled'])(
    '%s wakes the batch that waits for the job',
    async (type) => {
      const { receive, wake } = createReceiver();
      expect(await receive(signed(buildEvent(type)))).toBe('delivered');
      expect(wake.mock.calls).toEqual([[JOB]]);
    },
  );

  test('may name the job without `batches/`, and have unknown fields', async () => {
    const { receive, wake } = createReceiver();
    const data = { id: 'abc123', output_file_uri: 'gs://x', user_metadata: { a: 1 } };
    await receive(signed({ ...buildEvent('batch.succeeded', data), more: [] }));
    expect(wake.mock.calls).toEqual([[JOB]]);
  });

  test('answers no-recipient if no batch waits for the job', async () => {
    const { receive } = createReceiver([SECRET], 'no-recipient');
    expect(await receive(signed())).toBe('no-recipient');
  });

  test.each(['interaction.completed', 'video.generated', 'webhook.ping', 'batch.paused', ''])(
    'of another type (%j) is ignored, whatever it holds',
    async (type) => {
      const { receive, wake } = createReceiver();
      expect(await receive(signed({ type }))).toBe('ignored');
      expect(wake).not.toHaveBeenCalled();
    },
  );

  test('is accepted with either secret while one is being replaced', async () => {
    const { receive } = createReceiver([OTHER, SECRET]);
    expect(await receive(signed())).toBe('delivered');
    expect(await receive(signed(buildEvent(), { id: 'msg_2', secret: OTHER }))).toBe('delivered');
    // While a secret is replaced Google signs with both, and we may not know the new one yet.
    const two = signed(buildEvent(), { id: 'msg_3' });
    const unknown = signed(buildEvent(), { id: 'msg_3', secret: `whsec_${'A'.repeat(32)}` });
    const signatures = `v1a,xyz ${unknown.headers['webhook-signature']} ${two.headers['webhook-signature']}`;
    expect(await receive({ ...two, headers: { ...two.headers, 'webhook-signature': signatures } })).toBe(
      'delivered',
    );
  });
});

describe('is refused, and no batch is woken:', () => {
  const good = signed();
  const withHeaders = (headers: GeminiRequest['headers']): GeminiRequest => ({
    ...good,
    headers: { ...good.headers, ...headers },
  });
  const signature = good.headers['webhook-signature'] ?? '';

  const FORGED: [string, GeminiRequest][] = [
    ['another secret', signed(buildEvent(), { secret: OTHER })],
    ['no headers', { headers: {}, body: good.body }],
    ['no signature', withHeaders({ 'webhook-signature': undefined })],
    ['an empty signature', withHeaders({ 'webhook-signature': '' })],
    ['half a signature', withHeaders({ 'webhook-signature': signature.slice(0, 20) })],
    ['a signature with more after it', withHeaders({ 'webhook-signature': `${signature}AAAA` })],
    ['a signature of another version', withHeaders({ 'webhook-signature': signature.replace('v1', 'v2') })],
    ['a signature without a version', withHeaders({ 'webhook-signature': signature.slice(3) })],
    ['a JWT, as dynamic webhooks have', withHeaders({ 'webhook-signature': 'eyJhbGciOiJSUzI1NiJ9.e30.x' })],
    [
      'the right signature after a hundred others',
      withHeaders({ 'webhook-signature': `${'v1,AAAA '.repeat(100)}${signature}` }),
    ],
    ['two signature headers', withHeaders({ 'webhook-signature': [signature, signature] })],
    ['another id', withHeaders({ 'webhook-id': 'msg_2' })],
    ['another time', withHeaders({ 'webhook-timestamp': String(NOW / 1000 + 1) })],
    ['a time that is not a number', withHeaders({ 'webhook-timestamp': 'now' })],
    ['a time with a fraction', withHeaders({ 'webhook-timestamp': `${NOW / 1000}.0` })],
    ['a time in ms', withHeaders({ 'webhook-timestamp': String(NOW) })],
    ['another body', { ...good, body: Buffer.from(JSON.stringify(buildEvent('batch.failed'))) }],
    ['a body cut off', { ...good, body: good.body.subarray(0, -1) }],
    ['no body', { ...good, body: new Uint8Array() }],
    ['a huge id', signed(buildEvent(), { id: 'm'.repeat(201) })],
    ['random bytes', { ...good, body: randomBytes(1_000) }],
    ['a message from more than 5 minutes ago', signed(buildEvent(), { at: NOW - 5 * MINUTE - 1_000 })],
    ['a message from more than 5 minutes ahead', signed(buildEvent(), { at: NOW + 5 * MINUTE + 1_000 })],
  ];

  test.each(FORGED)('%s', async (_, request) => {
    const { receive, wake } = createReceiver();
    const error = await catchRefusal(receive(request));
    expect(error.code).toMatch(/^(?:webhook-invalid|invalid-response)$/);
    expect(JSON.stringify(error)).not.toContain(SECRET.slice(6));
    expect(wake).not.toHaveBeenCalled();
    // A refused event does not use up the id of the real one.
    expect(await receive(good)).toBe('delivered');
  });

  test('a message from 5 minutes ago is accepted, and one from 5 minutes ahead', async () => {
    const { receive } = createReceiver();
    expect(await receive(signed(buildEvent(), { at: NOW - 5 * MINUTE }))).toBe('delivered');
    expect(await receive(signed(buildEvent(), { id: 'msg_2', at: NOW + 5 * MINUTE }))).toBe('delivered');
  });

  test.each([
    ['no JSON', '{"type":'],
    ['an empty body', ''],
    ['a list', []],
    ['null', null],
    ['no type', { data: { id: JOB } }],
    ['a type that is not text', { ...buildEvent(), type: 7 }],
    ['no data', { type: 'batch.succeeded' }],
    ['no id', buildEvent('batch.succeeded', {})],
    ['an id that is not text', buildEvent('batch.succeeded', { id: 7 })],
    ['an id that is a path', buildEvent('batch.succeeded', { id: 'batches/../../x' })],
    ['an id of something else', buildEvent('batch.succeeded', { id: 'files/abc' })],
    ['an empty id', buildEvent('batch.succeeded', { id: '' })],
    ['an id of 101 characters', buildEvent('batch.succeeded', { id: 'x'.repeat(101) })],
    ['a prototype', '{"type":"batch.succeeded","data":{"__proto__":{"id":"batches/abc123"}}}'],
  ])('%s with a valid signature, as invalid-response', async (_, payload) => {
    const { receive, wake } = createReceiver();
    expect((await catchRefusal(receive(signed(payload)))).code).toBe('invalid-response');
    expect(wake).not.toHaveBeenCalled();
  });
});

describe('an event that is repeated', () => {
  test('is recognised by its id for a day, also with a new time and signature', async () => {
    const { receive, wake, clock } = createReceiver();
    expect(await receive(signed())).toBe('delivered');
    expect(await receive(signed())).toBe('repeated');
    clock.now += 23 * HOUR;
    expect(await receive(signed(buildEvent(), { at: clock.now }))).toBe('repeated');
    expect(wake).toHaveBeenCalledTimes(1);
    clock.now += 2 * HOUR;
    expect(await receive(signed(buildEvent(), { at: clock.now }))).toBe('delivered');
  });

  test('is handled if the first one could not be delivered', async () => {
    const { receive, wake } = createReceiver();
    const unavailable = new HummingbatchError('no-temporal', 'The Temporal server did not answer.');
    wake.mockRejectedValueOnce(unavailable);
    await expect(receive(signed())).rejects.toBe(unavailable);
    expect(await receive(signed())).toBe('delivered');
  });

  test('while the first is being handled waits for its result', async () => {
    const { receive, wake } = createReceiver();
    let fail: (error: Error) => void = () => undefined;
    wake.mockReturnValueOnce(new Promise((_, reject) => (fail = reject)));
    const both = Promise.allSettled([receive(signed()), receive(signed())]);
    const unavailable = new HummingbatchError('no-temporal', 'The Temporal server did not answer.');
    fail(unavailable);
    // Neither is answered with success, so the sender tries again.
    expect(await both).toEqual([
      { status: 'rejected', reason: unavailable },
      { status: 'rejected', reason: unavailable },
    ]);
    expect(wake).toHaveBeenCalledTimes(1);
    expect(await receive(signed())).toBe('delivered');
  });

  test('is recognised among the last 5000 ids', async () => {
    const { receive } = createReceiver();
    const ids = Array.from({ length: 5_001 }, (_, number) => `msg_${number}`);
    for (const id of ids) await receive(signed(buildEvent(), { id }));
    expect(await receive(signed(buildEvent(), { id: 'msg_5000' }))).toBe('repeated');
    expect(await receive(signed(buildEvent(), { id: 'msg_1' }))).toBe('repeated');
    expect(await receive(signed(buildEvent(), { id: 'msg_5001' }))).toBe('delivered');
    expect(await receive(signed(buildEvent(), { id: 'msg_0' }))).toBe('delivered');
  });
});

test.each([[[]], [['']], [['secret']], [['whsec_']], [['whsec_***']], [[SECRET, 'x']]])(
  'a receiver with the secrets %j is refused',
  (secrets) => {
    expect(() => createReceiver(secrets)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);
