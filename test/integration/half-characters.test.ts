import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWorkflowId } from '../../src/contract/index.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

/** Half of a surrogate pair: valid in JSON, and in no UTF-8. */
const HALF = '\uD83D';

describe('half of a surrogate pair', () => {
  let world: World;
  beforeAll(async () => {
    const message = `the prompt ${'x'.repeat(488)}😀 is not for this ${HALF}`;
    world = await createWorld({
      faults: { faults: [{ fault: 'job.failed', code: 3, message, match: { name: '^hb/half-google/' } }] },
    });
    await world.work();
  });
  afterAll(() => world.close());

  test('in or cut into a message of Google’s stops the batch, which continues', async () => {
    const batchId = 'half-google';
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId });
    const batch = openTestBatch(world, batchId);
    const { message } = await batch.stopped('job-rejected');
    expect(message).toContain(`the prompt ${'x'.repeat(488)}😀`);
    expect(message).not.toMatch(/\p{Surrogate}/u);
    await batch.handle.cancel();
    expect(await batch.handle.wait()).toMatchObject({ state: 'CANCELLED' });
  });

  test('in a field’s name of a start fails the start with a sentence', async () => {
    const handle = await world.client.workflow.start('imageBatch', {
      taskQueue: world.taskQueue,
      workflowId: toWorkflowId('half-start'),
      args: [{ batchId: 'half-start', [HALF]: 1 }],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'usage', message: '"�" is not a known field in the input.' },
    });
  });

  test('in a field’s name of an update is refused with a sentence, and the batch continues', async () => {
    const batchId = 'half-update';
    const options = { approveAboveUsd: 0 };
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
    const batch = openTestBatch(world, batchId);
    await batch.until(({ state }) => state === 'AWAITING_APPROVAL');
    const handle = world.client.workflow.getHandle(toWorkflowId(batchId));
    for (const name of ['approve', 'setBudget'])
      await expect(handle.executeUpdate(name, { args: [{ [HALF]: 1 }] })).rejects.toMatchObject({
        cause: { type: 'usage', message: expect.stringMatching(/^"�" is not a known field/) },
      });
    await batch.handle.approve();
    expect(await batch.handle.wait()).toMatchObject({ state: 'COMPLETED' });
  });
});
