import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from '../../src/emulator/index.ts';
import { createGemini } from '../../src/gemini/index.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { expectWhole, UPLOADS, writeManifest } from './stopping-kit.ts';

describe('a key that is revoked while batches run', () => {
  const keys = ['test-key'];
  const clock = { at: Date.now() };
  let world: World;
  let stopWorker: () => Promise<void>;
  let stops: Record<string, string>;

  /** Whether the submission is between its LIST and its POST. */
  const isLookedFor = async () => ((await world.emulator.ledger()).requests['batches.list'] ?? 0) > 1;

  beforeAll(async () => {
    const slow: Fault = { fault: 'list.answer-slow', ms: 1_000 };
    // The emulator's clock is stopped, so that no job ends and no step reads LIST before the key is revoked.
    world = await createWorld({ keys, jobSeconds: 60, now: () => clock.at, faults: { faults: [slow] } });
    stopWorker = await world.work();
    const path = await writeManifest(world);
    const start = async (batchId: string, options = {}) => {
      await world.hummingbatch.startBatch({ manifest: path, batchId, options });
      return openTestBatch(world, batchId);
    };
    const waits = await start('key-waits', { submitWindowMs: 600_000 });
    await waits.until(({ check }) => check !== undefined);
    const stages = await start('key-stages', { approveAboveUsd: 0 });
    await stages.until(({ state }) => state === 'AWAITING_APPROVAL');
    const submits = await start('key-submits');
    await submits.until(isLookedFor);
    keys.length = 0;
    await stages.handle.approve();
    const batches = [stages, submits, waits];
    const stopped = batches.map(async (batch) => {
      const { step, code } = await batch.stopped();
      return [batch.id, `${step}: ${code}`] as const;
    });
    stops = Object.fromEntries(await Promise.all(stopped));
  });
  afterAll(() => world.close());

  test('stops each batch in its current step', () => {
    expect(stops).toEqual({
      'key-stages': 'stage: key-invalid',
      'key-submits': 'submit: key-invalid',
      'key-waits': 'wait: key-invalid',
    });
  });

  test('costs no second job: with a new key at the worker, a retry continues with the one job of each batch', async () => {
    await stopWorker();
    keys.push('new-key');
    await world.work({ gemini: createGemini({ baseUrl: world.emulator.url, apiKey: 'new-key' }) });
    const batches = Object.keys(stops).map((id) => openTestBatch(world, id));
    await Promise.all(batches.map((batch) => batch.retry()));
    for (const batch of batches) await batch.until(({ state }) => state === 'WAITING');
    clock.at += 61_000;
    for (const batch of batches) {
      await expectWhole(batch, batch.id === 'key-submits' ? 'r1.2' : 'r1.1');
      expect(await batch.uploads()).toHaveLength(UPLOADS);
    }
  });
});
