import { describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import type { Call } from '../../src/cli/call.ts';
import type { Config } from '../../src/cli/config/config.ts';
import { checkClocks } from '../../src/cli/doctor/clocks.ts';
import { requireWorker } from '../../src/client/worker-check.ts';
import { createEmulator } from '../../src/emulator/index.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a worker whose clock is wrong', () => {
  test.concurrent.each([
    ['three days ahead', 'clock-ahead', 72 * HOUR],
    ['three days behind', 'clock-behind', -72 * HOUR],
  ])('by %s waits for a healthy job, and cancels none', async (_, batchId, wrongMs) => {
    const world = await createWorld({ jobSeconds: 3 });
    try {
      await world.work({ now: () => Date.now() + wrongMs });
      await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId });
      expect(await openTestBatch(world, batchId).ended()).toMatchObject({
        state: 'COMPLETED',
        outputs: { image: 1 },
      });
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

describe('`doctor`', () => {
  const check = (geminiUrl: string) =>
    checkClocks(
      { flags: {}, signal: new AbortController().signal } as unknown as Call,
      {
        apiKey: 'test-key',
        geminiUrl,
        env: { TEMPORAL_ADDRESS: inject('temporal') },
      } as unknown as Config,
    );

  test.each([
    ['agrees', 0, 'ok', 'This machine’s clock agrees with Google’s and Temporal’s.'],
    ['is behind', 10 * MINUTE, 'hint', 'This machine’s clock is 10 min behind Google’s.'],
    ['is ahead', -72 * HOUR, 'hint', 'This machine’s clock is 72 h ahead of Google’s.'],
  ])('says that the clock %s', async (_, theirsMs, level, message) => {
    const emulator = await createEmulator({ now: () => Date.now() + theirsMs });
    onTestFinished(() => emulator.close());
    expect(await check(emulator.url)).toMatchObject({ name: 'clocks', level, message });
  });
});

test('a worker is found by a machine whose clock is ten minutes ahead', async () => {
  const world = await createWorld();
  try {
    await world.work();
    await vi.waitFor(() => requireWorker(world.client, world.taskQueue), { timeout: 30_000 });
    const { now } = Date;
    vi.spyOn(Date, 'now').mockImplementation(() => now() + 10 * MINUTE);
    await expect(requireWorker(world.client, world.taskQueue)).resolves.toBeUndefined();
  } finally {
    vi.restoreAllMocks();
    await world.close();
  }
});
