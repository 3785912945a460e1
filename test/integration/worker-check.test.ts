import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

/** Shorter than Temporal keeps a message for a queue without workers. */
const SOON = { timeout: 4_500 };

describe('a batch whose queue no worker serves', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId: 'unserved' });
  });
  afterAll(() => world.close());

  test('answers a query with `no-worker`', SOON, async () => {
    await expect(world.hummingbatch.batch('unserved').status()).rejects.toMatchObject({ code: 'no-worker' });
  });

  test('answers an operation with `no-worker`', SOON, async () => {
    const operation = world.hummingbatch.batch('unserved').setBudget(5);
    await expect(operation).rejects.toMatchObject({ code: 'no-worker' });
  });
});
