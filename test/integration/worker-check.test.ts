import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

/** Shorter than Temporal keeps a message for a queue without workers. */
const SOON = { timeout: 4_500 };

describe('a batch whose queue no worker serves', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId: 'unserved' });
  });
  afterAll(() => world.close());

  test('answers a query with `no-worker`', SOON, async () => {
    await expect(world.hummingbatch.batch('unserved').status()).rejects.toMatchObject({ code: 'no-worker' });
  });

  test('answers an operation with `no-worker`', SOON, async () => {
    const operation = world.hummingbatch.batch('unserved').setBudget(5);
    await expect(operation).rejects.toMatchObject({ code: 'no-worker' });
  });

  test('does not carry out what was refused when a worker comes', async () => {
    const batch = openTestBatch(world, 'unserved');
    await world.work();
    const { maxCostUsd } = await batch.ended();
    expect(maxCostUsd).toBeUndefined();
    const { events } = await world.client.workflow.getHandle(batch.handle.workflowId).fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([]);
  });
});
