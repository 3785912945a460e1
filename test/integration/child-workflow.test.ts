import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { WorkflowHandle } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { toWorkflowId } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import { namePrefix, openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';

const WORKFLOWS = fileURLToPath(new URL('../support/order-workflows.ts', import.meta.url));
const ORDERS = 'orders';

describe('hummingbatch in another workflow', () => {
  let world: World;
  let code: string;
  let closeOrders: () => Promise<void>;

  beforeAll(async () => {
    world = await createWorld({
      jobSeconds: 1,
      faults: {
        faults: [{ fault: 'job.stuck', state: 'RUNNING', match: { name: namePrefix('long-[^/]+') } }],
      },
    });
    await world.work();
    const logger = new DefaultLogger('ERROR', () => undefined);
    ({ code } = await bundleWorkflowCode({ workflowsPath: WORKFLOWS, logger }));
    const connection = await NativeConnection.connect({ address: inject('temporal') });
    const worker = await Worker.create({
      connection,
      taskQueue: ORDERS,
      workflowBundle: { code },
      activities: { putImages: (id: string) => world.hummingbatch.putBatch(buildRequest(id)) },
    });
    const ended = worker.run();
    closeOrders = async () => {
      worker.shutdown();
      await ended;
      await connection.close();
    };
  });
  afterAll(async () => {
    await closeOrders();
    await world.close();
  });

  const buildRequest = (batchId: string) => ({
    manifest: {
      name: 'order',
      model: 'nano-banana-pro',
      items: [{ key: 'a', prompt: 'A bottle', count: 2 }],
      run: { maxCostUsd: 3 },
    },
    batchId,
  });

  function start(workflow: string, id: string, ...more: unknown[]): Promise<WorkflowHandle> {
    const args = [id, world.taskQueue, ...more];
    return world.client.workflow.start(workflow, {
      workflowId: `${workflow}/${id}`,
      taskQueue: ORDERS,
      args,
    });
  }

  /** Waits until an order has put its batch into the store and the batch waits for its job. */
  async function waiting(id: string): Promise<void> {
    while (!(await world.store.head(batchPlaces(id).manifest))) await pause(20);
    await openTestBatch(world, id).until(({ state }) => state === 'WAITING');
  }

  test('adds none of the batch’s own code to the bundle', () => {
    expect(code).toContain('dist/workflows/child.js');
    expect(code).not.toMatch(/dist\/workflows\/(?!child\.js)/);
    expect(code).not.toMatch(/dist\/(batch|client|store|manifest|activities)\//);
  });

  test('putBatch returns an input that is bound to the store and starts nothing', async () => {
    const input = await world.hummingbatch.putBatch(buildRequest('put-only'));
    expect(input).toEqual({
      batchId: 'put-only',
      manifest: { uri: 'batches/put-only/manifest.json', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      options: { store: world.store.id, maxCostUsd: 3, checkIntervalMs: 1_000, submitWindowMs: 1_000 },
    });
    expect(JSON.parse(JSON.stringify(input))).toEqual(input);
    await expect(world.client.workflow.getHandle(toWorkflowId('put-only')).describe()).rejects.toThrow(
      'not found',
    );
    await expect(
      world.hummingbatch.putBatch({
        ...buildRequest('put-only'),
        manifest: { ...buildRequest('').manifest, name: 'x' },
      }),
    ).rejects.toMatchObject({ code: 'batch-conflict' });
    await expect(world.hummingbatch.putBatch({ ...buildRequest('No Id') })).rejects.toMatchObject({
      code: 'usage',
    });
  });

  test('runs a batch on hummingbatch’s queue and returns a typed, plain result', async () => {
    const handle = await start('order', 'order-1');
    expect(await handle.result()).toMatchObject({
      batchId: 'order-1',
      state: 'COMPLETED',
      outputs: { total: 2, image: 2 },
    });
    const child = await world.client.workflow.getHandle(toWorkflowId('order-1')).describe();
    expect(child).toMatchObject({ taskQueue: world.taskQueue, memo: { store: world.store.id } });
    // The batch has ended: requesting it again creates nothing and returns the same result.
    const { jobs } = await world.emulator.ledger();
    const again = await start('order', 'order-1');
    expect(await again.result()).toEqual(await handle.result());
    expect((await world.emulator.ledger()).jobs).toHaveLength(jobs.length);
    // Starting it with the client attaches.
    expect(await world.hummingbatch.startBatch(buildRequest('order-1'))).toMatchObject({ attached: true });
  });

  test('does not take over a running batch', async () => {
    await world.hummingbatch.startBatch(buildRequest('long-there'));
    const handle = await start('order', 'long-there');
    await expect(handle.result()).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/already started/i) },
    });
    await waiting('long-there');
    await world.hummingbatch.batch('long-there').cancel();
  });

  test('cancels the batch when the waiting parent is cancelled, but not when it is terminated', async () => {
    const [cancelled, terminated] = [
      await start('order', 'long-cancelled'),
      await start('order', 'long-terminated'),
    ];
    for (const id of ['long-cancelled', 'long-terminated']) await waiting(id);
    await cancelled.cancel();
    await terminated.terminate();
    await expect(cancelled.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    // The report was written before the parent was notified of the end.
    expect(await world.store.head(batchPlaces('long-cancelled').report)).toBeDefined();
    await terminated.result().catch(() => undefined);
    expect(await world.hummingbatch.batch('long-terminated').status()).toMatchObject({ state: 'WAITING' });
    await world.hummingbatch.batch('long-terminated').cancel();
  });

  test('lets a started batch outlive the end and the cancellation of its parent', async () => {
    const [ended, cancelled] = [
      await start('orderAhead', 'long-ahead', false),
      await start('orderAhead', 'long-stays', true),
    ];
    expect(await ended.result()).toBe(toWorkflowId('long-ahead'));
    await waiting('long-stays');
    await cancelled.cancel();
    await expect(cancelled.result()).rejects.toThrow('cancelled');
    for (const id of ['long-ahead', 'long-stays']) {
      await waiting(id);
      expect(await world.hummingbatch.batch(id).status()).toMatchObject({ state: 'WAITING' });
      await world.hummingbatch.batch(id).cancel();
    }
  });

  test('can end a batch together with its parent', async () => {
    await (await start('orderTogether', 'long-together')).result();
    const { state } = await openTestBatch(world, 'long-together').until(
      ({ endedAt }) => endedAt !== undefined,
    );
    expect(state).toBe('CANCELLED');
  });
});
