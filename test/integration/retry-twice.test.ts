import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ jobSeconds: 2 });
  await world.work();
});
afterAll(() => world.close());

const REFUSED = { outcomes: ['refused'] } as const;

test('a named retry runs once, even if it is sent again after its end', async () => {
  const items = [item('a', { prompt: 'A thing [refuse]' })];
  await world.hummingbatch.startNormalised({ manifest: buildManifest(items), batchId: 'retry-named' });
  const batch = openTestBatch(world, 'retry-named');
  await batch.ended();
  const runs = new Set<string>();
  for (const requestId of ['first', 'first', 'second', 'first']) {
    await batch.handle.retry(REFUSED, { requestId });
    await batch.until(({ endedAt }) => endedAt !== undefined);
    runs.add((await world.client.workflow.getHandle(batch.handle.workflowId).describe()).runId);
  }
  expect(runs.size).toBe(2);
  expect((await batch.jobs()).map(({ rows }) => rows)).toEqual([1, 1, 1]);
});

test('a retry of an unknown key or of an empty list is refused', async () => {
  await world.hummingbatch.startNormalised({
    manifest: buildManifest([item('a')]),
    batchId: 'retry-nothing',
  });
  const { handle, ended, jobs } = openTestBatch(world, 'retry-nothing');
  await ended();
  await expect(handle.retry({ keys: ['a', 'typo'] })).rejects.toMatchObject({
    code: 'wrong-state',
    message: expect.stringContaining('it has no output typo'),
  });
  await expect(handle.retry({ keys: [] })).rejects.toMatchObject({ code: 'usage' });
  expect(await jobs()).toHaveLength(1);
});

test('a retry that is sent again at once or while it runs attaches to the first one', async () => {
  const items = [item('a', { prompt: 'A thing [refuse]' }), item('b', { prompt: 'Another [no image]' })];
  await world.hummingbatch.startNormalised({ manifest: buildManifest(items), batchId: 'retry-twice' });
  const batch = openTestBatch(world, 'retry-twice');
  await batch.ended();
  const before = (await batch.jobs()).length;

  await Promise.all([
    world.hummingbatch.batch(batch.id).retry(REFUSED),
    world.hummingbatch.batch(batch.id).retry(REFUSED),
  ]);
  await batch.until(async () => (await batch.jobs()).length > before);
  await world.hummingbatch.batch(batch.id).retry(REFUSED);
  // A different retry is refused while this one runs.
  await expect(world.hummingbatch.batch(batch.id).retry({ keys: ['b'] })).rejects.toMatchObject({
    code: 'wrong-state',
    actions: expect.arrayContaining([{ action: 'watch', batchId: 'retry-twice' }]),
  });
  await batch.ended();
  expect((await batch.jobs()).slice(before).map(({ rows }) => rows)).toEqual([1]);
});
