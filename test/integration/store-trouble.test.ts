import { rename, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNoiseImage } from '../support/noise-image.ts';
import { mountSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';

const OUTPUTS = 60;
const IMAGE_BYTES = 100_000;
const JOB_SECONDS = 2;
const REFERENCE = await createNoiseImage(64);

const worlds: World[] = [];
afterAll(() => Promise.all(worlds.map((world) => world.close())));

async function createTroubleWorld(options: WorldOptions): Promise<World> {
  const world = await createWorld({ jobSeconds: JOB_SECONDS, imageBytes: IMAGE_BYTES, ...options });
  worlds.push(world);
  await world.work();
  return world;
}

async function start(world: World, batchId: string, options = {}): Promise<TestBatch> {
  const path = await world.manifest(
    {
      name: 'trouble',
      model: 'nano-banana-pro',
      references: { bottle: 'bottle.png' },
      items: [{ key: 'a', prompt: 'The bottle', references: ['bottle'], count: OUTPUTS }],
    },
    { 'bottle.png': REFERENCE },
  );
  await world.hummingbatch.startBatch({ manifest: path, batchId, options });
  return openTestBatch(world, batchId);
}

/** Expects all images from one job whose files were uploaded once. */
async function expectWhole(batch: TestBatch): Promise<void> {
  expect(await batch.ended()).toMatchObject({ state: 'COMPLETED', outputs: { image: OUTPUTS } });
  expect((await batch.jobs()).map(parseSubmission)).toEqual(['r1.1']);
  expect(await batch.uploads()).toHaveLength(2);
}

/** Five attempts without progress take 15 seconds. */
describe.concurrent('a batch', () => {
  test('stops if its store disappears while the job runs, and continues when the store is back', async () => {
    const world = await createTroubleWorld({});
    const batch = await start(world, 'store-away');
    await batch.until(({ state }) => state === 'WAITING');
    const { location } = world.store;
    await rename(location, `${location}-away`);
    const stop = await batch.stopped();
    expect(stop).toMatchObject({
      step: 'wait',
      code: 'store-missing',
      message: expect.stringContaining(`The store ${location} cannot be used: the folder is gone.`),
      fix: 'Restore access to the folder of the store.',
      actions: expect.arrayContaining([{ action: 'retry', batchId: batch.id }]),
      nextTry: expect.any(String),
    });
    await rename(`${location}-away`, location);
    await batch.retry();
    await expectWhole(batch);
  });
});

describe.concurrent('a batch on a small disk', () => {
  const disks: SmallDisk[] = [];
  const canMount = (() => {
    const disk = mountSmallDisk(1);
    disk?.remove();
    return disk !== undefined;
  })();

  function mountDisk(megabytes: number): SmallDisk {
    const disk = mountSmallDisk(megabytes);
    if (!disk) throw new Error('it could be mounted before');
    disks.push(disk);
    return disk;
  }

  beforeAll(() => {
    if (!canMount) process.stderr.write('No file system can be mounted here: full disks are not tested.\n');
  });
  afterAll(() => {
    for (const disk of disks) disk.remove();
  });

  /** Fills the disk except for this many bytes. */
  async function fill({ path }: SmallDisk, leave = 0): Promise<string> {
    const ballast = join(path, 'ballast');
    const { bavail, bsize } = await statfs(path);
    await writeFile(ballast, Buffer.alloc(bavail * bsize - leave));
    return ballast;
  }

  test.skipIf(!canMount)(
    'stops if the disk is full while it collects, and continues at its checkpoint',
    async () => {
      const disk = mountDisk(16);
      const world = await createTroubleWorld({ storeAt: join(disk.path, 'store') });
      const batch = await start(world, 'disk-full-late');
      await batch.until(({ state }) => state === 'WAITING');
      // Room for the first group of 32 images but not for all 60.
      const ballast = await fill(disk, 45 * IMAGE_BYTES);
      const stop = await batch.stopped();
      expect(stop).toMatchObject({
        step: 'collect',
        code: 'disk-full',
        message: expect.stringContaining('the disk is full'),
        fix: 'Free space in the store.',
        actions: expect.arrayContaining([{ action: 'retry', batchId: batch.id }]),
      });
      const before = (await world.emulator.ledger()).bytesDownloaded;
      await rm(ballast);
      await batch.retry();
      await expectWhole(batch);
      const rest = (await world.emulator.ledger()).bytesDownloaded - before;
      // base64 adds a third: the download has the 28 images after the checkpoint, not the 32 before it.
      expect(rest).toBeLessThan((OUTPUTS - 30) * IMAGE_BYTES * 1.4);
    },
  );

  test.skipIf(!canMount)(
    'uploads nothing while the disk is full, because it could not record the upload',
    async () => {
      const disk = mountDisk(16);
      const world = await createTroubleWorld({ storeAt: join(disk.path, 'store') });
      const batch = await start(world, 'disk-full-early', { approveAboveUsd: 0 });
      await batch.until(({ state }) => state === 'AWAITING_APPROVAL');
      const ballast = await fill(disk);
      await batch.handle.approve();
      await batch.until(async () => (await batch.lastAttempt()).attempt > 2);
      expect(await batch.lastAttempt()).toMatchObject({ code: 'disk-full' });
      expect(await batch.uploads()).toEqual([]);
      // It stops after eight attempts in two minutes; before that it continues automatically.
      await rm(ballast);
      await expectWhole(batch);
    },
  );

  test.skipIf(!canMount)(
    'stops if the disk becomes read-only, and continues when it is writable again',
    async () => {
      const disk = mountDisk(16);
      const world = await createTroubleWorld({ storeAt: join(disk.path, 'store') });
      const batch = await start(world, 'disk-read-only');
      await batch.until(({ state }) => state === 'WAITING');
      disk.makeReadOnly();
      const stop = await batch.stopped();
      expect(stop).toMatchObject({
        step: 'collect',
        code: 'store-unwritable',
        message: expect.stringContaining('the file system is read-only'),
        fix: 'Make the store writable for this user.',
        actions: expect.arrayContaining([{ action: 'retry', batchId: batch.id }]),
      });
      disk.makeWritable();
      await batch.retry();
      await expectWhole(batch);
    },
  );
});
