import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ActivityDeps } from '../../src/activities/index.ts';
import { createEmulator, type Emulator } from '../../src/emulator/index.ts';
import { createGemini } from '../../src/gemini/index.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const MANIFEST = buildManifest([item('a', { count: 3 })]);

/** What differs at the wrong worker; it shares the queue and everything else with the right one. */
interface Foreign {
  store: Store;
  emulator: Emulator;
}

const KINDS = [
  { id: 'store', title: 'another store', has: (_: World, { store }: Foreign) => ({ store }) },
  {
    id: 'endpoint',
    title: 'another endpoint of Gemini',
    has: (_: World, { emulator }: Foreign) => ({ gemini: connectGemini(emulator) }),
  },
  {
    id: 'key',
    title: 'another key',
    has: ({ emulator }: World) => ({ gemini: connectGemini(emulator, 'another-key') }),
  },
] satisfies { id: string; title: string; has: (world: World, foreign: Foreign) => Partial<ActivityDeps> }[];

function connectGemini({ url }: Emulator, apiKey = 'test-key') {
  return createGemini({ baseUrl: url, apiKey });
}

const closing: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

describe.concurrent('a worker on the same queue', () => {
  test.each(KINDS)(
    'with $title does not touch a batch that is not its own, and the right worker completes it with one job',
    async ({ id, has }) => {
      const world = await createWorld();
      const foreign: Foreign = {
        store: await openStore(join(world.folder, 'foreign')),
        emulator: await createEmulator({ images: 'plain', jobSeconds: 1 }),
      };
      closing.push(
        () => world.close(),
        () => foreign.emulator.close(),
      );
      const begun = await startBound(world, `bound-by-${id}`);

      await world.work(has(world, foreign));
      const before = await readTrace(world, foreign);
      await begun.handle.approve();
      const batches = [begun];
      // Only the first step shows which key belongs to the batch.
      if (id !== 'key') batches.push(await startNamed(world, `named-by-${id}`));
      const all = await readTrace(world, foreign);
      for (const batch of batches) {
        await batch.until(async () => (await batch.lastAttempt()).attempt > 2);
        expect((await batch.lastAttempt()).code).toBe('wrong-worker');
      }
      expect(await readTrace(world, foreign)).toEqual({ ...before, store: all.store });

      // The wrong worker keeps running and polls the same queue.
      await world.work();
      for (const batch of batches) {
        expect(await batch.ended()).toMatchObject({ state: 'COMPLETED', outputs: { image: 3 } });
        expect((await batch.jobs()).map(parseSubmission)).toEqual(['r1.1']);
      }
      expect((await foreign.emulator.ledger()).requests).toEqual({});
      expect(await foreign.store.list('batches/')).toEqual([]);
    },
  );
});

/** A batch that the right worker has prepared before it stopped. */
async function startBound(world: World, batchId: string): Promise<TestBatch> {
  const stopWorker = await world.work();
  await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId, options: { approveAboveUsd: 0 } });
  const batch = openTestBatch(world, batchId);
  await batch.until(({ state }) => state === 'AWAITING_APPROVAL');
  await stopWorker();
  return batch;
}

/** A batch whose input names its store and endpoint, as the command line starts all batches. */
async function startNamed(world: World, batchId: string): Promise<TestBatch> {
  const options = { store: world.store.id, endpoint: world.emulator.url };
  await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId, options });
  return openTestBatch(world, batchId);
}

/** Everything that a step could have changed. */
async function readTrace({ store, emulator }: World, foreign: Foreign) {
  return {
    store: await store.list('batches/'),
    requests: (await emulator.ledger()).requests,
    foreignStore: await foreign.store.list('batches/'),
    foreignRequests: (await foreign.emulator.ledger()).requests,
  };
}
