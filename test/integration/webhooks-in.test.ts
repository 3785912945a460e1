import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import { progressQuery, toWorkflowId } from '../../src/contract/index.ts';
import type { EmulatorOptions } from '../../src/emulator/index.ts';
import { createReceiver } from '../support/receiver.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld } from '../support/world.ts';
import { type Api, openApi } from './api-kit.ts';
import { requestLine, wireClient } from './emulator-kit.ts';

const SECOND = 1_000;
const HALF_AN_HOUR = 30 * 60 * SECOND;
const TYPES = ['batch.succeeded', 'batch.failed', 'batch.expired', 'batch.cancelled'];

/** A world whose emulator sends events of ended jobs to the endpoint of the HTTP API. */
async function createWebhookWorld(options: EmulatorOptions = {}) {
  const world = await createWorld(options);
  onTestFinished(() => world.close());
  const stopWorker = await world.work();
  /** The result of each event, or the code with which it was refused. */
  const answers: string[] = [];
  let api: Api | undefined;
  // A proxy in front of the API, because its address must be known before the secret.
  const endpoint = await createReceiver(async ({ headers, body }, response) => {
    const signed = Object.entries(headers).filter(([name]) => /^webhook-|^content-type/.test(name));
    const answer = await api?.post<{ received?: string; code?: string }>('/v1/gemini/events', {
      headers: Object.fromEntries(signed) as Record<string, string>,
      body,
    });
    answers.push(answer?.body.received ?? answer?.body.code ?? 'too early');
    response.writeHead(answer?.status ?? 503).end();
  });
  const wire = wireClient(world.emulator.url);
  const { json } = await wire.call('POST', '/v1beta/webhooks', {
    uri: endpoint.url,
    subscribed_events: TYPES,
  });
  const secret = json.new_signing_secret as string;
  api = await openApi(world, { geminiSecrets: [secret], tokens: 'shop=shop-secret-shop-secret' });

  return {
    world,
    wire,
    endpoint,
    answers,
    stopWorker,
    /** A batch that waits for its job and has its next check much later. */
    asleep: async (checkIntervalMs = HALF_AN_HOUR) => {
      const { batchId } = await world.hummingbatch.startBatch({
        manifest: {
          name: `asleep-${world.store.id.slice(-8)}`,
          model: 'nano-banana-pro',
          items: [{ key: 'a', prompt: 'a lake' }],
        },
        options: { checkIntervalMs, maxCheckIntervalMs: checkIntervalMs, maxRounds: 1 },
      });
      const batch = openTestBatch(world, batchId);
      const { job = '', nextCheck = '' } = await batch.until(({ check, nextCheck }) =>
        Boolean(check && nextCheck),
      );
      return {
        ...batch,
        job,
        nextCheckInMs: Date.parse(nextCheck) - Date.now(),
        /** Waits for its end and queries the workflow, because the report does not contain checks. */
        ended: async () => {
          await batch.ended();
          return world.client.workflow.getHandle(toWorkflowId(batchId)).query(progressQuery);
        },
      };
    },
    /** Sends an event as Google does. Returns the result. */
    send: async (id: string, job: string, signedWith = secret): Promise<string | undefined> => {
      const now = new Date();
      const body = JSON.stringify({ type: 'batch.succeeded', version: 'v1', data: { id: job } });
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(signedWith).sign(id, now, body),
      };
      const { status } = await fetch(endpoint.url, { method: 'POST', headers, body });
      expect(status).toBe(answers.at(-1) === 'webhook-invalid' ? 401 : 200);
      return answers.at(-1);
    },
    endOf: async (job: string) =>
      Date.parse((await wire.call('GET', `/v1beta/${job}`)).json.metadata.endTime as string),
  };
}

describe('an event from Google', () => {
  test('ends a batch with its job, although its next check is half an hour away', async () => {
    const { asleep, answers, endOf } = await createWebhookWorld({ jobSeconds: 3 });
    const { ended, job, nextCheckInMs, images } = await asleep();
    expect(nextCheckInMs).toBeGreaterThan(20 * 60 * SECOND);
    const { state, check, lastCheck = '' } = await ended();
    expect(state).toBe('COMPLETED');
    expect(check).toMatchObject({ number: 2, jobState: 'SUCCEEDED' });
    expect(answers).toEqual(['delivered']);
    expect(await images()).toBe(1);
    const jobEnded = await endOf(job);
    expect(Date.parse(lastCheck)).toBeGreaterThanOrEqual(jobEnded);
    // A second or two; on a busy machine more, but no half hour.
    expect(Date.parse(lastCheck) - jobEnded).toBeLessThan(120 * SECOND);
  });

  test('causes one check if it is repeated, and none if it is forged', async () => {
    const { asleep, answers, send, world } = await createWebhookWorld({ jobSeconds: 8 });
    const { until, ended, job } = await asleep();
    expect(await send('msg_x', job, `whsec_${Buffer.alloc(24).toString('base64')}`)).toBe('webhook-invalid');
    expect(await send('msg_1', job)).toBe('delivered');
    await until(({ check, nextCheck }) => check?.number === 2 && nextCheck !== undefined);
    expect(await send('msg_1', job)).toBe('repeated');
    expect(await send('msg_2', 'batches/unknown')).toBe('no-recipient');
    const { check } = await ended();
    // The first check, the check of the event, and the check of the job's end.
    expect(check).toMatchObject({ number: 3, jobState: 'SUCCEEDED' });
    expect(answers).toEqual(['webhook-invalid', 'delivered', 'repeated', 'no-recipient', 'delivered']);
    expect((await world.emulator.ledger()).jobs).toHaveLength(1);
  });

  test('wakes the batch once if Google sends it twice', async () => {
    const { asleep, answers } = await createWebhookWorld({
      jobSeconds: 2,
      faults: { faults: [{ fault: 'event.twice' }] },
    });
    const { ended } = await asleep();
    expect((await ended()).check?.number).toBe(2);
    await expect.poll(() => answers).toEqual(['delivered', 'repeated']);
  });

  test('has no effect for an unknown job or an ended batch', async () => {
    const { wire, asleep, answers, world } = await createWebhookWorld({ jobSeconds: 2 });
    const unrelatedJob = (await wire.createFromLines([requestLine('a')])).json.name as string;
    await expect.poll(() => answers).toEqual(['no-recipient']);
    const { ended, job } = await asleep();
    await ended();
    const { hummingbatch } = world;
    await expect.poll(() => hummingbatch.jobEvent({ job })).toBe('no-recipient');
    expect(await hummingbatch.jobEvent({ job: unrelatedJob })).toBe('no-recipient');
    for (const none of ['', 'x', 'batches/', '../x', 'batches/../x'])
      await expect(hummingbatch.jobEvent({ job: none })).rejects.toMatchObject({ code: 'usage' });
  });

  test('is kept for the next worker if none runs', async () => {
    const { asleep, stopWorker, world, answers } = await createWebhookWorld({ jobSeconds: 5 });
    const { ended } = await asleep();
    await stopWorker();
    await expect.poll(() => answers).toEqual(['delivered']);
    await world.work();
    expect((await ended()).check?.number).toBe(2);
  });
});

test('a batch whose event never arrives ends by its own checks', async () => {
  const { asleep, answers, world } = await createWebhookWorld({
    jobSeconds: 3,
    faults: { faults: [{ fault: 'event.lost' }] },
  });
  const { ended } = await asleep(SECOND);
  const { state, check } = await ended();
  expect(state).toBe('COMPLETED');
  expect(check?.number).toBeGreaterThan(1);
  expect(answers).toEqual([]);
  expect((await world.emulator.ledger()).faults['event.lost']).toBe(1);
});
