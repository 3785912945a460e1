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

/** A request as a library signs it that shares nothing with ours. */
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

/** A receiver with a clock that the test moves, and what it passed on. */
function receiver(secrets: readonly string[] = [SECRET], woken: JobEventResult = 'delivered') {
  const clock = { now: NOW };
  const wake = vi.fn<(job: string) => Promise<JobEventResult>>(async () => woken);
  const events = createGeminiEvents({ secrets, now: () => clock.now, wake });
  return { clock, wake, receive: (request: GeminiRequest) => events.receive(request) };
}

async function catchRefusal(receiving: Promise<unknown>): Promise<HummingbatchError> {
  const error: unknown = await receiving.catch((error: unknown) => error);
  if (error instanceof HummingbatchError) return error;
  throw new Error('It was not refused.', { cause: error });
}

describe('an event that is really Google’s', () => {
  test.each(['batch.succeeded', 'batch.failed', 'batch.expired', 'batch.cancelled'])(
    '%s wakes whoever waits for the job',
    async (type) => {
      const { receive, wake } = receiver();
      expect(await receive(signed(buildEvent(type)))).toBe('delivered');
      expect(wake.mock.calls).toEqual([[JOB]]);
    },
  );

  test('may name the job by what stands behind the slash, and say more than we know', async () => {
    const { receive, wake } = receiver();
    const data = { id: 'abc123', output_file_uri: 'gs://x', user_metadata: { a: 1 } };
    await receive(signed({ ...buildEvent('batch.succeeded', data), more: [] }));
    expect(wake.mock.calls).toEqual([[JOB]]);
  });

  test('says so where nobody waits', async () => {
    const { receive } = receiver([SECRET], 'no-recipient');
    expect(await receive(signed())).toBe('no-recipient');
  });

  test.each(['interaction.completed', 'video.generated', 'webhook.ping', 'batch.paused', ''])(
    'of another kind (%j) is ignored, whatever is in it',
    async (type) => {
      const { receive, wake } = receiver();
      expect(await receive(signed({ type }))).toBe('ignored');
      expect(wake).not.toHaveBeenCalled();
    },
  );

  test('is taken with either secret while one is being replaced', async () => {
    const { receive } = receiver([OTHER, SECRET]);
    expect(await receive(signed())).toBe('delivered');
    expect(await receive(signed(buildEvent(), { id: 'msg_2', secret: OTHER }))).toBe('delivered');
    // Google signs with both; one that we do not know yet stands beside ours.
    const two = signed(buildEvent(), { id: 'msg_3' });
    const unknown = signed(buildEvent(), { id: 'msg_3', secret: `whsec_${'A'.repeat(32)}` });
    const signatures = `v1a,xyz ${unknown.headers['webhook-signature']} ${two.headers['webhook-signature']}`;
    expect(await receive({ ...two, headers: { ...two.headers, 'webhook-signature': signatures } })).toBe(
      'delivered',
    );
  });
});

describe('is refused, and nobody is woken:', () => {
  const good = signed();
  const withHeaders = (headers: GeminiRequest['headers']): GeminiRequest => ({
    ...good,
    headers: { ...good.headers, ...headers },
  });
  const signature = good.headers['webhook-signature'] ?? '';

  const FORGED: [string, GeminiRequest][] = [
    ['a stranger’s secret', signed(buildEvent(), { secret: OTHER })],
    ['no headers', { headers: {}, body: good.body }],
    ['no signature', withHeaders({ 'webhook-signature': undefined })],
    ['an empty signature', withHeaders({ 'webhook-signature': '' })],
    ['half a signature', withHeaders({ 'webhook-signature': signature.slice(0, 20) })],
    ['a signature with more behind it', withHeaders({ 'webhook-signature': `${signature}AAAA` })],
    ['a signature of another version', withHeaders({ 'webhook-signature': signature.replace('v1', 'v2') })],
    ['a signature without a version', withHeaders({ 'webhook-signature': signature.slice(3) })],
    ['a JWT, as dynamic webhooks have', withHeaders({ 'webhook-signature': 'eyJhbGciOiJSUzI1NiJ9.e30.x' })],
    [
      'the right signature behind a hundred others',
      withHeaders({ 'webhook-signature': `${'v1,AAAA '.repeat(100)}${signature}` }),
    ],
    ['two signature headers', withHeaders({ 'webhook-signature': [signature, signature] })],
    ['another id', withHeaders({ 'webhook-id': 'msg_2' })],
    ['another time', withHeaders({ 'webhook-timestamp': String(NOW / 1000 + 1) })],
    ['a time that is none', withHeaders({ 'webhook-timestamp': 'now' })],
    ['a time with a fraction', withHeaders({ 'webhook-timestamp': `${NOW / 1000}.0` })],
    ['a time in ms', withHeaders({ 'webhook-timestamp': String(NOW) })],
    ['another body', { ...good, body: Buffer.from(JSON.stringify(buildEvent('batch.failed'))) }],
    ['a body cut off', { ...good, body: good.body.subarray(0, -1) }],
    ['no body', { ...good, body: new Uint8Array() }],
    ['a huge id', signed(buildEvent(), { id: 'm'.repeat(201) })],
    ['random bytes', { ...good, body: randomBytes(1_000) }],
    ['a message of more than 5 minutes ago', signed(buildEvent(), { at: NOW - 5 * MINUTE - 1_000 })],
    ['a message of more than 5 minutes ahead', signed(buildEvent(), { at: NOW + 5 * MINUTE + 1_000 })],
  ];

  test.each(FORGED)('%s', async (_, request) => {
    const { receive, wake } = receiver();
    const error = await catchRefusal(receive(request));
    expect(error.code).toMatch(/^(?:webhook-invalid|invalid-response)$/);
    expect(JSON.stringify(error)).not.toContain(SECRET.slice(6));
    expect(wake).not.toHaveBeenCalled();
    // What was refused takes nothing away from the real one.
    expect(await receive(good)).toBe('delivered');
  });

  test('a message of 5 minutes ago is still taken, and one of 5 minutes ahead', async () => {
    const { receive } = receiver();
    expect(await receive(signed(buildEvent(), { at: NOW - 5 * MINUTE }))).toBe('delivered');
    expect(await receive(signed(buildEvent(), { id: 'msg_2', at: NOW + 5 * MINUTE }))).toBe('delivered');
  });

  test.each([
    ['no JSON', '{"type":'],
    ['an empty body', ''],
    ['a list', []],
    ['null', null],
    ['no type', { data: { id: JOB } }],
    ['a type that is none', { ...buildEvent(), type: 7 }],
    ['no data', { type: 'batch.succeeded' }],
    ['no id', buildEvent('batch.succeeded', {})],
    ['an id that is none', buildEvent('batch.succeeded', { id: 7 })],
    ['an id that is a path', buildEvent('batch.succeeded', { id: 'batches/../../x' })],
    ['an id of something else', buildEvent('batch.succeeded', { id: 'files/abc' })],
    ['an empty id', buildEvent('batch.succeeded', { id: '' })],
    ['an id of 101 characters', buildEvent('batch.succeeded', { id: 'x'.repeat(101) })],
    ['a prototype', '{"type":"batch.succeeded","data":{"__proto__":{"id":"batches/abc123"}}}'],
  ])('%s under a good signature, as garbled', async (_, payload) => {
    const { receive, wake } = receiver();
    expect((await catchRefusal(receive(signed(payload)))).code).toBe('invalid-response');
    expect(wake).not.toHaveBeenCalled();
  });
});

describe('an event that comes again', () => {
  test('is known by its id, for a day, also with a new time and signature', async () => {
    const { receive, wake, clock } = receiver();
    expect(await receive(signed())).toBe('delivered');
    expect(await receive(signed())).toBe('repeated');
    clock.now += 23 * HOUR;
    expect(await receive(signed(buildEvent(), { at: clock.now }))).toBe('repeated');
    expect(wake).toHaveBeenCalledTimes(1);
    clock.now += 2 * HOUR;
    expect(await receive(signed(buildEvent(), { at: clock.now }))).toBe('delivered');
  });

  test('is taken where it could not be passed on the first time', async () => {
    const { receive, wake } = receiver();
    const gone = new HummingbatchError('no-temporal', 'The Temporal server did not answer.');
    wake.mockRejectedValueOnce(gone);
    await expect(receive(signed())).rejects.toBe(gone);
    expect(await receive(signed())).toBe('delivered');
  });

  test('while the first is under way waits for how that ends', async () => {
    const { receive, wake } = receiver();
    let fail: (error: Error) => void = () => undefined;
    wake.mockReturnValueOnce(new Promise((_, reject) => (fail = reject)));
    const both = Promise.allSettled([receive(signed()), receive(signed())]);
    const gone = new HummingbatchError('no-temporal', 'The Temporal server did not answer.');
    fail(gone);
    // Neither is answered as done: the sender tries again.
    expect(await both).toEqual([
      { status: 'rejected', reason: gone },
      { status: 'rejected', reason: gone },
    ]);
    expect(wake).toHaveBeenCalledTimes(1);
    expect(await receive(signed())).toBe('delivered');
  });

  test('is remembered among the last 5000', async () => {
    const { receive } = receiver();
    const ids = Array.from({ length: 5_001 }, (_, number) => `msg_${number}`);
    for (const id of ids) await receive(signed(buildEvent(), { id }));
    expect(await receive(signed(buildEvent(), { id: 'msg_5000' }))).toBe('repeated');
    expect(await receive(signed(buildEvent(), { id: 'msg_1' }))).toBe('repeated');
    expect(await receive(signed(buildEvent(), { id: 'msg_5001' }))).toBe('delivered');
    expect(await receive(signed(buildEvent(), { id: 'msg_0' }))).toBe('delivered');
  });
});

test.each([[[]], [['']], [['secret']], [['whsec_']], [['whsec_***']], [[SECRET, 'x']]])(
  'there is no receiver with the secrets %j',
  (secrets) => {
    expect(() => receiver(secrets)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);
