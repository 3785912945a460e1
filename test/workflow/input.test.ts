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

test('accepts null for a field that is left out, as other languages send it', async () => {
  const batch = await time.start({}, asInput({ options: null, retry: null }));
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
});

test.each([
  [{ opitons: { maxCostUsd: 5 } }, '"opitons" is not a known field in the input.'],
  [{ options: { maxCost: 5 } }, '"maxCost" is not a known field in the options.'],
  [{ options: 5 }, 'The options must be an object.'],
  [{ manifest: 'manifest.yaml' }, 'manifest must be an object.'],
  [
    { manifest: { uri: 'manifest.json', sha256 } },
    /manifest\.uri of the batch .* must be batches\/.*\/manifest\.json\./,
  ],
  [{ manifest: { uri: 'batches/x/manifest.json', sha256: 'ABC' } }, '64 lower-case hex digits'],
  [{ retry: true }, 'retry must be an object.'],
])('refuses the input %j before any step, and says why', async (input, message) => {
  const batch = await time.start({}, asInput(input));
  await expect(batch.result()).rejects.toMatchObject({
    cause: { type: 'usage', message: expect.stringMatching(message) },
  });
  expect(batch.google.steps()).toEqual([]);
});
