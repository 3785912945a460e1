import { describe, expect, test } from 'vitest';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const HOUR = 3_600_000;

describe('a worker whose clock is wrong', () => {
  test.concurrent.each([
    ['three days ahead', 'clock-ahead', 72 * HOUR],
    ['three days behind', 'clock-behind', -72 * HOUR],
  ])('by %s waits for a healthy job, and cancels none', async (_, batchId, wrongMs) => {
    const world = await createWorld({ jobSeconds: 3 });
    try {
      await world.work({ now: () => Date.now() + wrongMs });
      await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId });
      expect(await openTestBatch(world, batchId).ended()).toMatchObject({ state: 'COMPLETED' });
      const { jobs, requests } = await world.emulator.ledger();
      expect(jobs).toHaveLength(1);
      expect(requests['batches.cancel']).toBeUndefined();
    } finally {
      await world.close();
    }
  });
});

test('a job that is old by Google’s clock, and young by Temporal’s, is not cancelled', async () => {
  const time = new Date(Date.now() - 120 * HOUR).toISOString();
  const world = await createWorld({ jobSeconds: 3, faults: { faults: [{ fault: 'get.bad-time', time }] } });
  try {
    await world.work();
    const batchId = 'clock-google';
    const options = { checkIntervalMs: 1_000, maxCheckIntervalMs: 1_000 };
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
    expect(await openTestBatch(world, batchId).ended()).toMatchObject({ state: 'COMPLETED' });
    expect((await world.emulator.ledger()).requests['batches.cancel']).toBeUndefined();
  } finally {
    await world.close();
  }
});
