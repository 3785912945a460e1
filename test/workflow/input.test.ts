import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImageBatchInput } from '../../src/contract/index.ts';
import { createSkippedTime, type SkippedTime } from './support/skipped-time.ts';

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const asInput = (input: object) => input as unknown as Partial<ImageBatchInput>;
const sha256 = '0'.repeat(64);

test('what is null counts as left out, as other languages send it', async () => {
  const batch = await time.start({}, asInput({ options: null, retry: null }));
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
});

test.each([
  [{ opitons: { maxCostUsd: 5 } }, 'The input has no field opitons.'],
  [{ options: { maxCost: 5 } }, 'The field options has no field maxCost.'],
  [{ options: 5 }, 'The field options must be an object.'],
  [{ manifest: 'manifest.yaml' }, 'The field manifest must be an object.'],
  [{ manifest: { uri: 'manifest.json', sha256 } }, 'The manifest of the batch'],
  [{ manifest: { uri: 'batches/x/manifest.json', sha256: 'ABC' } }, '64 lower-case hex digits'],
  [{ retry: true }, 'A retry must be an object.'],
])('the input %j ends the batch before anything was done, and says why', async (input, says) => {
  const batch = await time.start({}, asInput(input));
  await expect(batch.result()).rejects.toMatchObject({
    cause: { type: 'usage', message: expect.stringContaining(says) },
  });
  expect(batch.google.steps()).toEqual([]);
});
