import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OutputRecord, toWorkflowId } from '../../src/contract/index.ts';
import { createWorld, type World } from '../support/world.ts';

describe('a batch of 1000 outputs', () => {
  let world: World;
  let batchId: string;

  beforeAll(async () => {
    world = await createWorld({ imageBytes: 50_000 });
    await world.work();
    const items = Array.from({ length: 250 }, (_, n) => ({
      key: `motif-${n}`,
      prompt: `Motif ${n}`,
      count: 4,
    }));
    const path = await world.manifest({ name: 'thousand', model: 'nano-banana-2', items });
    ({ batchId } = await world.hummingbatch.startBatch({ manifest: path }));
    await world.hummingbatch.batch(batchId).wait();
  });
  afterAll(() => world.close());

  test('writes a record and an image for each output, from one job', async () => {
    const records: OutputRecord[] = [];
    for await (const record of world.hummingbatch.batch(batchId).records()) records.push(record);
    expect(new Set(records.map(({ output }) => output)).size).toBe(1000);
    expect(records.every(({ outcome }) => outcome === 'image')).toBe(true);
    const images = await world.store.list(`batches/${batchId}/images/`);
    expect(images).toHaveLength(1000);
    expect((await world.emulator.ledger()).jobs).toHaveLength(1);
  });

  test('keeps its history small, without prompts and lists', async () => {
    const { raw } = await world.client.workflow.getHandle(toWorkflowId(batchId)).describe();
    const historySize = Number(raw.workflowExecutionInfo?.historySizeBytes);
    expect(historySize).toBeGreaterThan(0);
    expect(historySize).toBeLessThan(300_000);
  });

  test('is refused with one more output', async () => {
    const path = await world.manifest({
      name: 'more',
      model: 'nano-banana-2',
      items: [
        { key: 'a', prompt: 'A', count: 1000 },
        { key: 'b', prompt: 'B' },
      ],
    });
    await expect(world.hummingbatch.startBatch({ manifest: path })).rejects.toMatchObject({
      code: 'manifest-invalid',
    });
  });
});
