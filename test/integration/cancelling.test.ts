import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchOptions, BatchProgress } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { listRunning, namePrefix, openTestBatch, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const OUTPUTS = 8;
const SOME = 3;
const NONE = [0, 0] as const;
const ALL = [OUTPUTS, OUTPUTS] as const;
const MANIFEST = buildManifest([item('a', { count: OUTPUTS })]);

interface Case {
  id: string;
  title: string;
  faults?: Fault[];
  options?: Partial<BatchOptions>;
  /** The condition at which it is cancelled. */
  when: (progress: BatchProgress, batch: TestBatch) => boolean | Promise<boolean>;
  /** The number of its jobs at the end. */
  jobs: 0 | 1;
  /** The minimum and maximum number of finished images, all of which must be kept. */
  images: readonly [least: number, most: number];
}

const isStopped: Case['when'] = ({ state }) => state === 'NEEDS_ATTENTION';
const hasJob: Case['when'] = async (_, batch) => (await batch.jobs()).length > 0;
const hasImages: Case['when'] = async (_, batch) => ((await batch.jobs())[0]?.imagesBilled ?? 0) >= SOME;

const CASES: Case[] = [
  {
    id: 'cancel-awaiting',
    title: 'while it waits for approval',
    options: { approveAboveUsd: 0 },
    when: ({ state }) => state === 'AWAITING_APPROVAL',
    jobs: 0,
    images: NONE,
  },
  {
    id: 'cancel-staging',
    title: 'while it uploads',
    faults: [{ fault: 'upload-start.slow', ms: 3_000 }],
    when: ({ state }) => state === 'STAGING',
    jobs: 0,
    images: NONE,
  },
  {
    id: 'cancel-slow',
    title: 'while Google answers the submission slowly',
    faults: [{ fault: 'create.answer-slow', ms: 2_000 }],
    when: hasJob,
    jobs: 1,
    images: [0, OUTPUTS],
  },
  {
    id: 'cancel-lost',
    title: 'after the answer to the submission was lost',
    faults: [{ fault: 'create.answer-lost', times: 1 }],
    when: hasJob,
    jobs: 1,
    images: [0, OUTPUTS],
  },
  {
    id: 'cancel-lost-unlisted',
    title: 'after the answer was lost, while LIST does not show the job yet',
    faults: [
      { fault: 'create.answer-lost', times: 1 },
      { fault: 'job.unlisted', afterMs: 2_000 },
    ],
    options: { submitWindowMs: 3_000 },
    when: hasJob,
    jobs: 1,
    images: [0, OUTPUTS],
  },
  {
    id: 'cancel-pending',
    title: 'while its job is pending at Google',
    faults: [{ fault: 'job.stuck', state: 'PENDING' }],
    when: ({ check }) => check !== undefined,
    jobs: 1,
    images: NONE,
  },
  { id: 'cancel-running', title: 'while its job runs', when: hasImages, jobs: 1, images: [SOME, OUTPUTS] },
  {
    id: 'cancel-collecting',
    title: 'while it collects the results',
    faults: [{ fault: 'download.slow', ms: 2_000 }],
    when: ({ state }) => state === 'COLLECTING',
    jobs: 1,
    images: ALL,
  },
  {
    id: 'cancel-stopped',
    title: 'after it stopped before it had a job',
    faults: [{ fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1 }],
    when: isStopped,
    jobs: 0,
    images: NONE,
  },
  {
    id: 'cancel-stopped-with-job',
    title: 'after it stopped, while its job continues at Google',
    faults: [
      { fault: 'get.refuse', status: 'PERMISSION_DENIED', times: 1 },
      { fault: 'job.stuck', state: 'RUNNING' },
    ],
    when: isStopped,
    jobs: 1,
    images: NONE,
  },
];

/** Expects what holds for every cancelled batch. */
async function expectCancelled(batch: TestBatch): Promise<{ images: number }> {
  expect(await batch.ended()).toMatchObject({ state: 'CANCELLED' });
  expect(await batch.workflow()).toBe('CANCELLED');
  expect(listRunning(await batch.jobs())).toEqual([]);

  const { state, outputs } = await batch.report();
  const records = await batch.records();
  const kept = records.flatMap(({ outcome, file }) => (outcome === 'image' ? [file] : []));
  const billed = (await batch.jobs()).reduce((sum, { imagesBilled }) => sum + imagesBilled, 0);
  expect(state).toBe('CANCELLED');
  expect(records).toHaveLength(OUTPUTS);
  expect([outputs.image, kept.length, await batch.images()]).toEqual([billed, billed, billed]);
  return { images: billed };
}

/** Expects that cancelling an ended batch changes nothing. */
async function cancelAgain(batch: TestBatch): Promise<void> {
  const before = await batch.report();
  await batch.handle.cancel();
  expect(await batch.workflow()).toBe('CANCELLED');
  expect(await batch.report()).toEqual(before);
}

describe.concurrent('a batch that is cancelled', () => {
  let world: World;

  beforeAll(async () => {
    const faults = CASES.flatMap(({ id, faults = [] }) =>
      faults.map((fault): Fault => ({ ...fault, match: { name: namePrefix(id) } })),
    );
    world = await createWorld({ jobSeconds: 4, faults: { faults } });
    await world.work();
  });
  afterAll(() => world.close());

  test.each(CASES)(
    '$title leaves no job running and loses no image',
    async ({ id, options, when, jobs, images }) => {
      await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId: id, options: { ...options } });
      const batch = openTestBatch(world, id);
      await batch.until((progress) => when(progress, batch));
      await batch.handle.cancel();
      const kept = await expectCancelled(batch);
      expect(await batch.jobs()).toHaveLength(jobs);
      const [least, most] = images;
      expect(kept.images).toBeGreaterThanOrEqual(least);
      expect(kept.images).toBeLessThanOrEqual(most);
      await cancelAgain(batch);
    },
  );

  test('a second time before the first cancellation is complete ends as cancelled', async () => {
    await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId: 'cancel-twice' });
    const batch = openTestBatch(world, 'cancel-twice');
    await batch.until((progress) => hasImages(progress, batch));
    await batch.handle.cancel();
    await batch.until(({ state }) => state === 'CANCELLING' || state === 'CANCELLED');
    await batch.handle.cancel();
    await expectCancelled(batch);
    await cancelAgain(batch);
  });

  test('during a retry keeps the images of the ended batch', async () => {
    const items = [item('b', { count: OUTPUTS - 1 }), item('c', { prompt: 'A thing [refuse]' })];
    await world.hummingbatch.startNormalised({ manifest: buildManifest(items), batchId: 'cancel-retried' });
    const batch = openTestBatch(world, 'cancel-retried');
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES' });
    await world.hummingbatch.batch(batch.id).retry({ outcomes: ['refused'] });
    await batch.until(async () => (await batch.jobs()).at(1)?.state === 'RUNNING');
    await batch.handle.cancel();
    expect(await expectCancelled(batch)).toEqual({ images: OUTPUTS - 1 });
    expect((await batch.report()).jobs).toHaveLength(2);
    await cancelAgain(batch);
  });
});

describe('a batch that is cancelled while no worker serves its queue', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({ jobSeconds: 4 });
  });
  afterAll(() => world.close());

  test('ends when a worker starts: it cancels its job if it has one, and creates none otherwise', async () => {
    const stopWorker = await world.work();
    await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId: 'cancel-left' });
    const withJob = openTestBatch(world, 'cancel-left');
    await withJob.until((progress) => hasImages(progress, withJob));
    await stopWorker();
    await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId: 'cancel-unseen' });
    const withoutJob = openTestBatch(world, 'cancel-unseen');
    for (const { handle } of [withJob, withoutJob]) await handle.cancel();

    await world.work();
    await expectCancelled(withJob);
    expect(await withJob.jobs()).toHaveLength(1);
    expect(await withoutJob.ended()).toMatchObject({ state: 'CANCELLED', endedAt: expect.any(String) });
    expect(await withoutJob.workflow()).toBe('CANCELLED');
    expect(await withoutJob.jobs()).toEqual([]);
    expect(await world.store.head(batchPlaces('cancel-unseen').report)).toBeUndefined();
    for (const { handle } of [withJob, withoutJob]) await handle.cancel();
  });
});
