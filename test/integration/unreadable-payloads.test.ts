import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWorkflowId, WORKFLOW_TYPE } from '../../src/contract/index.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

/** Payloads that no worker of ours can read. */
const UNREADABLE = [
  ['is no JSON', 'json/plain', '{'],
  ['is a message of protobuf', 'json/protobuf', '{}'],
  ['is encrypted', 'binary/encrypted', 'xxxx'],
].map(([what = '', encoding, data], index) => ({
  what,
  index,
  payload: { metadata: { encoding: Buffer.from(encoding ?? '') }, data: Buffer.from(data ?? '') },
}));

let world: World;
beforeAll(async () => {
  world = await createWorld({ jobSeconds: 2 });
  await world.work();
});
afterAll(() => world.close());

describe.concurrent('a payload that', () => {
  test.each(UNREADABLE)('$what, of a signal, changes nothing', async ({ index, payload }) => {
    const batchId = `unreadable-signal-${index}`;
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId });
    await world.client.workflowService.signalWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: toWorkflowId(batchId) },
      signalName: 'jobEvent',
      input: { payloads: [payload] },
    });
    expect(await openTestBatch(world, batchId).ended()).toMatchObject({ state: 'COMPLETED' });
    const { events } = await world.client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory();
    expect(events?.filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
  });

  test.each(UNREADABLE)('$what, of an update, is refused', async ({ index, payload }) => {
    const batchId = `unreadable-update-${index}`;
    const options = { approveAboveUsd: 0 };
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
    const batch = openTestBatch(world, batchId);
    await batch.until(({ state }) => state === 'AWAITING_APPROVAL');
    const { outcome } = await world.client.workflowService.updateWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: toWorkflowId(batchId) },
      waitPolicy: { lifecycleStage: 3 },
      request: { meta: { updateId: 'one' }, input: { name: 'approve', args: { payloads: [payload] } } },
    });
    expect(outcome?.failure?.applicationFailureInfo?.type).toBe('usage');
    expect(await batch.handle.status()).toMatchObject({ state: 'AWAITING_APPROVAL' });
    await batch.handle.cancel();
  });

  test.each(UNREADABLE)('$what, of a start, ends it with a reason', async ({ index, payload }) => {
    const workflowId = toWorkflowId(`unreadable-start-${index}`);
    await world.client.workflowService.startWorkflowExecution({
      namespace: 'default',
      workflowId,
      requestId: workflowId,
      workflowType: { name: WORKFLOW_TYPE },
      taskQueue: { name: world.taskQueue },
      input: { payloads: [payload] },
    });
    await expect(world.client.workflow.getHandle(workflowId).result()).rejects.toMatchObject({
      cause: { type: 'usage', message: expect.stringContaining('cannot be read') },
    });
  });
});
