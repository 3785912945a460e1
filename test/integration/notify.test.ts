import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchOptions, NotifyTarget } from '../../src/contract/index.ts';
import { toWorkflowId } from '../../src/contract/index.ts';
import { postPublic } from '../../src/net/post.ts';
import { namePrefix, openTestBatch } from '../support/test-batch.ts';
import { createWebhookReceiver, type Delivery, type Receiver } from '../support/webhook-receiver.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';

const SECRET = `whsec_${Buffer.alloc(32, 'distinctive').toString('base64')}`;
const MANIFEST = { model: 'nano-banana-pro', items: [{ key: 'a', prompt: 'x' }] };

let world: World;
let receiver: Receiver;
/** The receiver's answers by the path of the target. */
const answers: Record<string, (delivery: Delivery) => number | 'silence'> = {
  '/down-first': () => (downs++ < 2 ? 503 : 204),
  '/gone': () => 410,
  '/silent': () => 'silence',
  '/redirects': () => 307,
};
let downs = 0;
let logs = '';
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  world = await createWorld({
    faults: {
      faults: [
        {
          fault: 'create.refuse',
          status: 'PERMISSION_DENIED',
          match: { name: namePrefix('notify-stop') },
          times: 1,
        },
      ],
    },
  });
  receiver = await createWebhookReceiver(SECRET, (delivery) => answers[delivery.path]?.(delivery) ?? 204);
  stopWorker = await startWorker();
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});

/** Starts a worker with a secret named `shop` that may call the receiver's host. */
function startWorker(): Promise<() => Promise<void>> {
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => ((logs += chunk.toString()), done()),
  });
  return world.work({
    log: pino({ level: 'trace' }, sink),
    webhookSecrets: (name) => (name === 'shop' ? [SECRET] : undefined),
    postWebhook: (post, signal) => postPublic(post, { hosts: [receiver.host], deadlineMs: 2_000 }, signal),
  });
}

const target = (path: string, secretRef = 'shop'): NotifyTarget => ({
  url: `http://${receiver.host}${path}`,
  secretRef,
});

async function startBatch(batchId: string, notify: NotifyTarget[], options: Partial<BatchOptions> = {}) {
  const manifest = await world.manifest({ name: 'notified', ...MANIFEST });
  await world.hummingbatch.startBatch({ manifest, batchId, options: { notify, ...options } });
  return openTestBatch(world, batchId);
}

/** The delivery workflows that a batch has started, with their summaries. */
async function readDeliveries(batchId: string) {
  const { events } = await world.client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory();
  return (events ?? []).flatMap(
    ({ startChildWorkflowExecutionInitiatedEventAttributes: begun, userMetadata }) =>
      begun?.workflowId
        ? [
            {
              summary: JSON.parse(Buffer.from(userMetadata?.summary?.data ?? []).toString()) as string,
              handle: world.client.workflow.getHandle(begun.workflowId),
            },
          ]
        : [],
  );
}

function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
}

/** Waits until the last delivery of a batch has a failed attempt. Returns the failure. */
async function catchFailure(batchId: string) {
  for (;;) {
    const [delivery] = await readDeliveries(batchId);
    // The batch's history has the start a moment before the workflow can be described.
    const { raw } = (await delivery?.handle.describe().catch(ignoreNotFound)) ?? {};
    const failure = raw?.pendingActivities?.[0]?.lastFailure;
    if (failure) return { message: failure.message, type: failure.applicationFailureInfo?.type };
    await pause(100);
  }
}

describe('a webhook receiver', () => {
  test('gets the end of a batch as a signed event, once if it accepts it', async () => {
    const batch = await startBatch('notify-end', [target('/hooks?token=hunter2')]);
    const { outputs, costUsd } = await batch.ended();
    const [{ event, path } = {}] = await receiver.waitForDeliveries('notify-end', 1);
    expect(path).toBe('/hooks?token=hunter2');
    expect(event).toEqual({
      id: `notify-end_ended_${Date.parse(event?.timestamp ?? '')}`,
      type: 'batch.ended',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      data: { batchId: 'notify-end', state: 'COMPLETED', outputs, costUsd },
    });
    const [delivery] = await readDeliveries('notify-end');
    await delivery?.handle.result();
    expect(delivery?.summary).toBe(`batch.ended of notify-end to http://${receiver.host}`);
    expect(receiver.listDeliveries('notify-end')).toHaveLength(1);
  });

  test('gets a stop and the end after it', async () => {
    const batch = await startBatch('notify-stop', [target('/')]);
    const { message } = await batch.stopped('permission-denied');
    const [{ event: stopped } = {}] = await receiver.waitForDeliveries('notify-stop', 1);
    expect(stopped).toMatchObject({
      type: 'batch.stopped',
      data: {
        state: 'NEEDS_ATTENTION',
        stop: {
          step: 'submit',
          code: 'permission-denied',
          message,
          fix: expect.any(String),
          actions: [
            { action: 'retry', batchId: 'notify-stop' },
            { action: 'accept', batchId: 'notify-stop' },
            { action: 'cancel', batchId: 'notify-stop' },
          ],
        },
      },
    });
    await batch.retry();
    const [, { event: ended } = {}] = await receiver.waitForDeliveries('notify-stop', 2);
    expect(ended).toMatchObject({ type: 'batch.ended', data: { state: 'COMPLETED' } });
    expect(ended?.data.stop).toBeUndefined();
  });

  test('gets that a batch waits for approval, and its failure without one', async () => {
    const batch = await startBatch('notify-approval', [target('/')], { approveAboveUsd: 0 });
    const [{ event: waiting } = {}] = await receiver.waitForDeliveries('notify-approval', 1);
    expect(waiting).toMatchObject({ type: 'batch.awaiting-approval', data: { state: 'AWAITING_APPROVAL' } });
    await batch.handle.approve(false);
    const [, { event: ended } = {}] = await receiver.waitForDeliveries('notify-approval', 2);
    expect(ended).toMatchObject({ data: { state: 'FAILED', stop: { code: 'approval-refused' } } });
  });

  test('gets the end of a batch whose workflow was reset', async () => {
    const batch = await startBatch('notify-reset', [target('/')], { approveAboveUsd: 0 });
    await receiver.waitForDeliveries('notify-reset', 1);
    const workflowId = toWorkflowId('notify-reset');
    const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
    const last = events?.findLast((event) => event.workflowTaskCompletedEventAttributes);
    await world.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId },
      reason: 'fixed',
      workflowTaskFinishEventId: last?.eventId ?? null,
      requestId: 'once',
    });
    await batch.handle.approve();
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED' });
    const deliveries = await receiver.waitForDeliveries('notify-reset', 2);
    expect(deliveries.map(({ event }) => event.type)).toEqual(['batch.awaiting-approval', 'batch.ended']);
  });

  test('gets the cancellation of a batch', async () => {
    const batch = await startBatch('notify-cancel', [target('/')], { approveAboveUsd: 0 });
    await receiver.waitForDeliveries('notify-cancel', 1);
    await batch.handle.cancel();
    const [, { event } = {}] = await receiver.waitForDeliveries('notify-cancel', 2);
    expect(event).toMatchObject({ type: 'batch.ended', data: { state: 'CANCELLED' } });
  });

  test('gets the end of a retried batch, which keeps its targets', async () => {
    const batch = openTestBatch(world, 'notify-end');
    await batch.handle.retry({ keys: ['a'] });
    const [first, second] = await receiver.waitForDeliveries('notify-end', 2);
    expect(second?.event.type).toBe('batch.ended');
    expect(second?.event.id).not.toBe(first?.event.id);
  });

  test('gets the same event again under the same id after it was down', async () => {
    await startBatch('notify-late', [target('/down-first')]);
    const [first, ...more] = await receiver.waitForDeliveries('notify-late', 2);
    for (const { event, body } of more) {
      expect(event.id).toBe(first?.event.id);
      expect(body).toBe(first?.body);
    }
  });

  test('gets no further attempt after it answers 410, and the failure is visible in Temporal', async () => {
    const batch = await startBatch('notify-gone', [target('/gone')]);
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED' });
    await receiver.waitForDeliveries('notify-gone', 1);
    const [delivery] = await readDeliveries('notify-gone');
    const error = (await delivery?.handle.result().catch((error) => error)) as WorkflowFailedError;
    expect(error).toBeInstanceOf(WorkflowFailedError);
    expect(error.cause?.cause).toMatchObject({
      type: 'unavailable',
      message: `The receiver at http://${receiver.host} answered 410: it wants no more events.`,
    });
    expect(receiver.listDeliveries('notify-gone')).toHaveLength(1);
  });

  test('delays no batch if it never answers', async () => {
    const batch = await startBatch('notify-silence', [target('/silent')]);
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED' });
    await expect.poll(() => batch.workflow(), { timeout: 20_000 }).toBe('COMPLETED');
    expect(await catchFailure('notify-silence')).toMatchObject({
      type: 'unreachable',
      message: expect.stringMatching(/timeout/),
    });
  });

  test('gets no event through a redirect', async () => {
    const batch = await startBatch('notify-redirect', [target('/redirects')]);
    await batch.ended();
    expect(await catchFailure('notify-redirect')).toEqual({
      type: 'unavailable',
      message: `The receiver at http://${receiver.host} answered 307.`,
    });
  });

  test.each([
    ['private', 'https://127.0.0.1:8443/hunter2', /not public/],
    ['private by a name', 'https://localhost:8443/hunter2', /not public/],
    ['without TLS', 'http://93.184.215.14/hunter2', /HUMMINGBATCH_WEBHOOK_HOSTS/],
  ])('that is %s and was not named is not called', async (kind, url, why) => {
    const batchId = `notify-${kind.replaceAll(' ', '-').toLowerCase()}`;
    const batch = await startBatch(batchId, [{ url, secretRef: 'shop' }]);
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED' });
    const { type, message } = await catchFailure(batchId);
    expect(type).toBe('unreachable');
    expect(message).toMatch(why);
    expect(message).not.toContain('hunter2');
  });

  test('gets nothing if the worker lacks its secret, and the error names the secret', async () => {
    await startBatch('notify-unknown', [target('/', 'crm')]);
    expect(await catchFailure('notify-unknown')).toEqual({
      type: 'wrong-worker',
      message: 'This worker has no webhook secret named crm.',
    });
    expect(receiver.listDeliveries('notify-unknown')).toEqual([]);
  });

  test('never got an unsigned event, and no secret is in history, log or store', async () => {
    expect(receiver.refused()).toBe(0);
    const texts = [logs];
    for await (const { workflowId } of world.client.workflow.list({
      query: `TaskQueue = '${world.taskQueue}'`,
    })) {
      const json = historyToJSON(await world.client.workflow.getHandle(workflowId).fetchHistory());
      texts.push(
        json.replace(/"data":\s*"([^"]+)"/g, (_, data: string) => Buffer.from(data, 'base64').toString()),
      );
    }
    for (const key of await world.store.list('batches/'))
      texts.push(Buffer.from((await world.store.get(key)) ?? []).toString('latin1'));
    expect(texts.join('\n')).toContain('batch.ended');
    const secret = SECRET.replace('whsec_', '');
    expect(texts.filter((text) => text.includes(secret) || text.includes('distinctive'))).toEqual([]);
    expect(logs).not.toContain('hunter2');
  });

  test('does not appear as a batch in lists', async () => {
    const { batches } = await world.hummingbatch.list();
    expect(batches.map(({ batchId }) => batchId).filter((id) => !id.startsWith('notify-'))).toEqual([]);
  });
});

describe('a worker with webhook secrets', () => {
  test('that is killed before the receiver has answered leaves the event to the next worker', async () => {
    await stopWorker();
    let received = 0;
    const slow = await createWebhookReceiver(SECRET, () => (received++ === 0 ? 'silence' : 204));
    const settings = {
      HUMMINGBATCH_WEBHOOK_SECRETS: `shop=${SECRET}`,
      HUMMINGBATCH_WEBHOOK_HOSTS: slow.host,
    };
    const first = startWorkerProcess(world, settings);
    await startBatch('notify-killed', [{ url: `http://${slow.host}/`, secretRef: 'shop' }]);
    await slow.waitForDeliveries('notify-killed', 1);
    await first.kill();
    const second = startWorkerProcess(world, settings);
    const [one, two] = await slow.waitForDeliveries('notify-killed', 2);
    expect(two?.body).toBe(one?.body);
    expect(two?.event.id).toBe(one?.event.id);
    await second.stop();
    expect(first.readLog() + second.readLog()).not.toContain(SECRET);
    await slow.close();
  });

  test('does not start with malformed secrets, and does not quote them', async () => {
    const worker = startWorkerProcess(world, { HUMMINGBATCH_WEBHOOK_SECRETS: 'shop=hunter2' });
    expect(await worker.exited).toBe(2);
    expect(worker.readLog()).toContain(
      'HUMMINGBATCH_WEBHOOK_SECRETS: entry 1 is not a name and a Standard Webhooks secret',
    );
    expect(worker.readLog()).not.toContain('hunter2');
  });
});
