import type { Manifest } from '../../src/contract/index.ts';
import { namePrefix, openTestBatch, type TestBatch } from './test-batch.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** The emulator and the worker use a clock that the test advances, so a job of ten minutes is halfway at once. */
const JOB_SECONDS = 600;

const STOPPED = 'winter-lookbook';
const DENIED = {
  fault: 'create.refuse',
  status: 'PERMISSION_DENIED',
  message: 'The caller does not have permission.',
} as const;

type Items = { key: string; prompt: string; aspectRatio?: string; count?: number }[];

const CATALOGUE: Items = [
  { key: 'hero', prompt: 'The bottle on wet slate at dawn', aspectRatio: '16:9', count: 8 },
  { key: 'flatlay', prompt: 'The bottle from above on linen', count: 4 },
];
const LOOKBOOK: Items = [{ key: 'coat', prompt: 'A coat in falling snow', aspectRatio: '4:5', count: 6 }];
const POSTERS: Items = [
  { key: 'lake', prompt: 'A lake in spring, screen print', count: 6 },
  { key: 'tower', prompt: 'A tower, screen print [fail once]' },
  { key: 'logo', prompt: 'The logo of another brand [refuse]' },
];

/** The label of the three batches, and of no other: a list can be filtered for them. */
export const SAMPLE_LABEL = 'sample';

/** Three batches in typical states, for the Temporal UI. */
export interface SampleBatches {
  world: World;
  /** Its job runs for some more minutes. */
  running: TestBatch;
  /** Stopped, because the key has no permission to create its job. */
  stopped: TestBatch;
  /** Finished in two rounds, with one refused output. */
  finished: TestBatch;
}

/** Starts the three batches and waits until each has its state. */
export async function startSampleBatches(
  options: Pick<WorldOptions, 'temporal' | 'storeAt' | 'taskQueue'> = {},
): Promise<SampleBatches> {
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  const world = await createWorld({
    ...options,
    jobSeconds: JOB_SECONDS,
    now,
    faults: { faults: [{ ...DENIED, match: { name: namePrefix(`${STOPPED}-\\w+`) } }] },
  });
  await world.work({ now });

  async function start(name: string, items: Items, run: Partial<Manifest['run']> = {}): Promise<TestBatch> {
    const manifest = await world.manifest({
      name,
      model: 'nano-banana-pro',
      items,
      run: { ...run, labels: [SAMPLE_LABEL] },
    });
    const { batchId } = await world.hummingbatch.startBatch({
      manifest,
      options: { checkIntervalMs: 1_000 },
    });
    return openTestBatch(world, batchId);
  }

  /** Advances the clock by this share of a job, after the first check of this round's job. */
  async function advance(batch: TestBatch, round: number, share: number): Promise<void> {
    await batch.until((progress) => progress.round === round && progress.check !== undefined);
    aheadMs += share * JOB_SECONDS * 1_000;
  }

  const finished = await start('spring-posters', POSTERS);
  for (const round of [1, 2]) await advance(finished, round, 1);
  await finished.ended();
  const stopped = await start(STOPPED, LOOKBOOK);
  await stopped.stopped('permission-denied');
  const running = await start('autumn-catalogue', CATALOGUE, { maxCostUsd: 5 });
  await advance(running, 1, 0.5);
  await running.until(({ check }) => (check?.successful ?? 0) > 0);
  return { world, running, stopped, finished };
}
