import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWorkflowId, WORKFLOW_TYPE } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import { openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';

const MANIFEST = {
  name: 'behind',
  model: 'nano-banana-pro',
  items: [{ key: 'a', prompt: 'a lake', count: 3 }],
};

/** Of a batch whose store has nothing of it. */
const BEHIND = { code: 'store-behind', message: expect.stringContaining('knows less of the batch') };
const ALL = { state: 'COMPLETED', outputs: { image: 3 } };

let world: World;
beforeAll(async () => {
  const name = (id: string) => ({ match: { name: `^hb/${id}/` } });
  const faults = [
    { fault: 'line.refused', finishReason: 'IMAGE_SAFETY', times: 1, ...name('retried') },
    { fault: 'job.unlisted', afterMs: 3_600_000, ...name('unlisted') },
  ] as const;
  world = await createWorld({ jobSeconds: 3, faults: { faults: [...faults] } });
  await world.work();
});
afterAll(() => world.close());

async function start(batchId: string, options = {}): Promise<TestBatch> {
  await world.hummingbatch.startBatch({ manifest: MANIFEST, batchId, options });
  return openTestBatch(world, batchId);
}

const findFolder = (batchId: string) => join(world.store.location, batchPlaces(batchId).folder);
const empty = (batchId: string) => rm(findFolder(batchId), { recursive: true, maxRetries: 10 });

/** A copy of a batch's files. @returns what puts them back */
async function backUp(batchId: string): Promise<() => Promise<void>> {
  const copy = join(world.folder, `${batchId}-copy`);
  await cp(findFolder(batchId), copy, { recursive: true });
  return async () => {
    await empty(batchId);
    await cp(copy, findFolder(batchId), { recursive: true });
  };
}

async function submissions(batch: TestBatch): Promise<string[]> {
  return (await batch.jobs()).map(parseSubmission);
}

describe.concurrent('a store that is emptied', () => {
  test('while the job runs stops the batch; with its manifest back, a retry collects the same job', async () => {
    const batch = await start('emptied');
    await batch.until(({ state }) => state === 'WAITING');
    await empty(batch.id);
    expect(await batch.stopped()).toMatchObject({
      ...BEHIND,
      step: 'wait',
      actions: [
        { action: 'retry', batchId: batch.id },
        { action: 'cancel', batchId: batch.id },
      ],
    });
    await batch.retry();
    expect(await batch.stopped('store-behind')).toMatchObject({
      step: 'prepare',
      message: expect.stringContaining('manifest.json'),
    });
    expect(await world.hummingbatch.startBatch({ manifest: MANIFEST, batchId: batch.id })).toMatchObject({
      attached: true,
    });
    await batch.retry();
    expect(await batch.ended()).toMatchObject(ALL);
    expect(await submissions(batch)).toEqual(['r1.1']);
    expect(await batch.images()).toBe(3);
  });

  test('after the end never shows a success, names the job, and pays for nothing again', async () => {
    const batch = await start('emptied-late');
    expect(await batch.ended()).toMatchObject(ALL);
    const [job] = (await batch.jobs()).map(({ name }) => name);
    await empty(batch.id);
    const lost = { state: 'FAILED', jobs: [{ name: job, state: 'UNKNOWN' }], stop: BEHIND };
    expect(await batch.handle.status()).toMatchObject(lost);
    await expect(batch.retry()).rejects.toMatchObject({
      code: 'store-behind',
      fix: expect.stringContaining('start the batch with the same manifest'),
    });
    await start(batch.id);
    expect(await batch.handle.wait()).toMatchObject(lost);
    await batch.retry();
    expect(await batch.stopped()).toMatchObject({ ...BEHIND, step: 'prepare' });
    await batch.retry();
    expect(await batch.ended()).toMatchObject(ALL);
    expect(await submissions(batch)).toEqual(['r1.1']);
    expect(await batch.handle.status()).toMatchObject(ALL);
  });

  test('while Google’s list shows nothing: the job is found by the name that Temporal knows', async () => {
    const batch = await start('unlisted');
    await batch.until(({ state }) => state === 'WAITING');
    await empty(batch.id);
    await batch.stopped();
    await start(batch.id);
    await batch.retry();
    expect(await batch.ended()).toMatchObject(ALL);
    expect(await submissions(batch)).toEqual(['r1.1']);
  });

  test('of a batch that was terminated stops the run that comes next, whoever starts it', async () => {
    const batch = await start('terminated');
    await batch.until(({ state }) => state === 'WAITING');
    await world.client.workflow.getHandle(batch.handle.workflowId).terminate();
    await empty(batch.id);
    const input = await world.hummingbatch.putBatch({ manifest: MANIFEST, batchId: batch.id });
    await world.client.workflow.start(WORKFLOW_TYPE, {
      workflowId: toWorkflowId(batch.id),
      taskQueue: world.taskQueue,
      args: [input],
    });
    expect(await batch.stopped()).toMatchObject({ ...BEHIND, step: 'prepare' });
    await batch.handle.cancel();
    await batch.handle.wait();
    // The run that ended has told Temporal nothing: the one before it has.
    await batch.retry();
    expect(await batch.stopped()).toMatchObject({ ...BEHIND, step: 'prepare' });
    await batch.retry();
    expect(await batch.ended()).toMatchObject(ALL);
    expect(await submissions(batch)).toEqual(['r1.1']);
  });

  test('whose job Google does not know any more: only a further retry pays again', async () => {
    const batch = await start('deleted');
    const { job = '' } = await batch.until(({ state }) => state === 'WAITING');
    await empty(batch.id);
    await batch.stopped();
    await fetch(`${world.emulator.url}/v1beta/${job}`, {
      method: 'DELETE',
      headers: { 'x-goog-api-key': 'test-key' },
    });
    await start(batch.id);
    await batch.retry();
    expect(await batch.stopped('job-gone')).toMatchObject({
      actions: expect.arrayContaining([{ action: 'retry', batchId: batch.id, paysAgain: true }]),
    });
    expect(await submissions(batch)).toEqual(['r1.1']);
    await batch.retry();
    expect(await batch.ended()).toMatchObject(ALL);
    expect(await submissions(batch)).toEqual(['r1.1', 'r1.2']);
  });
});

test('a job that made an image again, of which nobody knows any more why, is named in the report', async () => {
  const batch = await start('made-again');
  expect(await batch.ended()).toMatchObject(ALL);
  await batch.handle.retry({ keys: ['a#1'] });
  await batch.until(({ state, round }) => state === 'COMPLETED' && round === 2);
  await empty(batch.id);
  await start(batch.id);
  await batch.retry();
  await batch.stopped('store-behind');
  await batch.retry();
  expect(await batch.ended()).toMatchObject(ALL);
  const [, second] = await batch.jobs();
  expect((await batch.report()).anomalies).toContain(
    `The job ${second?.name} was not collected: the store has lost what it was for.`,
  );
  // What it says holds: the store lacks nothing that Temporal still knows.
  expect(await batch.handle.status()).toMatchObject(ALL);
});

describe.concurrent('a store that is restored from a backup', () => {
  test('of before the submission stops the batch, and a retry collects its job', async () => {
    const batch = await start('restored', { approveAboveUsd: 0 });
    await batch.until(({ state }) => state === 'AWAITING_APPROVAL');
    const restore = await backUp(batch.id);
    await batch.handle.approve();
    await batch.until(({ state }) => state === 'WAITING');
    await restore();
    expect(await batch.stopped()).toMatchObject(BEHIND);
    await batch.retry();
    expect(await batch.ended()).toMatchObject(ALL);
    expect(await submissions(batch)).toEqual(['r1.1']);
  });

  test('of before a retry of the ended batch: the job of the retry is collected again', async () => {
    const batch = await start('retried', { maxRounds: 1 });
    expect(await batch.ended()).toMatchObject({ outputs: { image: 2, refused: 1 } });
    const restore = await backUp(batch.id);
    await batch.handle.retry({ outcomes: ['refused'] });
    await batch.until(({ state, round }) => state === 'COMPLETED' && round === 2);
    await restore();
    expect(await batch.handle.status()).toMatchObject({ state: 'FAILED', stop: BEHIND });
    await batch.handle.retry({ outcomes: ['refused'] });
    expect(await batch.stopped()).toMatchObject({ ...BEHIND, step: 'prepare' });
    await batch.retry();
    expect(await batch.ended()).toMatchObject(ALL);
    expect(await submissions(batch)).toEqual(['r1.1', 'r2.1']);
  });
});

test('a store that is made anew at the same place is not taken for another one', async () => {
  const other = await createWorld({ emulator: world.emulator, taskQueue: 'made-anew' });
  const stop = await other.work();
  const request = { manifest: MANIFEST, batchId: 'made-anew' };
  await other.hummingbatch.startBatch(request);
  await openTestBatch(other, 'made-anew').ended();
  await stop();
  await rm(other.store.location, { recursive: true });
  const anew = await createWorld({
    emulator: world.emulator,
    storeAt: other.store.location,
    taskQueue: 'made-anew',
  });
  await expect(anew.hummingbatch.startBatch(request)).rejects.toMatchObject({
    code: 'store-behind',
    message: expect.stringContaining(`belongs to ${other.store.id}`),
    fix: expect.stringContaining('made anew'),
  });
  expect(await anew.hummingbatch.batch('made-anew').status()).toMatchObject({
    state: 'FAILED',
    stop: BEHIND,
  });
  await anew.close();
  await other.close();
});
