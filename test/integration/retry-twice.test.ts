import { afterAll, beforeAll, expect, test } from 'vitest';
import { batchIn } from '../support/batch-in.ts';
import { createWorld, type World } from '../support/world.ts';
import { item, manifestOf } from './activities-kit.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ jobSeconds: 2 });
  await world.work();
});
afterAll(() => world.close());

const REFUSED = { outcomes: ['refused'] } as const;

test('a retry that is sent again, at once or while it runs, attaches: it runs once', async () => {
  const items = [item('a', { prompt: 'A thing [refuse]' }), item('b', { prompt: 'Another [no image]' })];
  await world.hummingbatch.startNormalised({ manifest: manifestOf(items), batchId: 'retry-twice' });
  const batch = batchIn(world, 'retry-twice');
  await batch.ended();
  const before = (await batch.jobs()).length;

  await Promise.all([
    world.hummingbatch.batch(batch.id).retry(REFUSED),
    world.hummingbatch.batch(batch.id).retry(REFUSED),
  ]);
  await batch.until(async () => (await batch.jobs()).length > before);
  await world.hummingbatch.batch(batch.id).retry(REFUSED);
  // Another one has to wait its turn.
  await expect(world.hummingbatch.batch(batch.id).retry({ keys: ['b'] })).rejects.toMatchObject({
    code: 'wrong-state',
    fix: expect.stringContaining('hummingbatch status retry-twice'),
  });
  await batch.ended();
  expect((await batch.jobs()).slice(before).map(({ rows }) => rows)).toEqual([1]);
});
