import type { Manifest } from '../../src/contract/index.ts';
import { type BatchIn, batchIn, namePrefix } from './batch-in.ts';
import { createWorld, type World, type WorldOptions } from './world.ts';

/** Google and the worker go by a clock that is put forward: a job of ten minutes is in its middle at once. */
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
  { key: 'logo', prompt: 'The logo of somebody else [refuse]' },
];

/** All three have it, and no other batch: a list can be asked for them alone. */
export const SHOWCASE_LABEL = 'showcase';

/** Three batches as people meet them in the Temporal UI. */
export interface Showcase {
  world: World;
  /** Its job runs, and goes on to for minutes. */
  running: BatchIn;
  /** The key has no permission to make its job. */
  stopped: BatchIn;
  /** In two rounds, with one output refused. */
  finished: BatchIn;
}

/** Makes the three and waits until each stands where it shall. */
export async function openShowcase(
  options: Pick<WorldOptions, 'temporal' | 'storeAt' | 'taskQueue'> = {},
): Promise<Showcase> {
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  const world = await createWorld({
    ...options,
    jobSeconds: JOB_SECONDS,
    now,
    faults: { faults: [{ ...DENIED, match: { name: namePrefix(`${STOPPED}-\\w+`) } }] },
  });
  await world.work({ now });

  async function start(name: string, items: Items, run: Partial<Manifest['run']> = {}): Promise<BatchIn> {
    const manifest = await world.manifest({
      name,
      model: 'nano-banana-pro',
      items,
      run: { ...run, labels: [SHOWCASE_LABEL] },
    });
    const { batchId } = await world.hummingbatch.startBatch({
      manifest,
      options: { checkIntervalMs: 1_000 },
    });
    return batchIn(world, batchId);
  }

  /** Puts the clock forward by this share of a job, once the job of this round was looked at. */
  async function move(batch: BatchIn, round: number, share: number): Promise<void> {
    await batch.until((progress) => progress.round === round && progress.check !== undefined);
    aheadMs += share * JOB_SECONDS * 1_000;
  }

  const finished = await start('spring-posters', POSTERS);
  for (const round of [1, 2]) await move(finished, round, 1);
  await finished.ended();
  const stopped = await start(STOPPED, LOOKBOOK);
  await stopped.stopped('permission-denied');
  const running = await start('autumn-catalogue', CATALOGUE, { maxCostUsd: 5 });
  await move(running, 1, 0.5);
  await running.until(({ check }) => (check?.successful ?? 0) > 0);
  return { world, running, stopped, finished };
}
