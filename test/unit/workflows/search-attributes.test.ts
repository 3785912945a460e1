import { expect, test } from 'vitest';
import type { BatchProgress } from '../../../src/contract/index.ts';
import { buildSearchAttributes } from '../../../src/workflows/search-attributes.ts';

const PROGRESS = {
  ...{ batchId: 'b-1', state: 'WAITING', round: 1, model: 'gemini-3-pro-image', job: 'batches/abc' },
  outputs: { total: 3, image: 1, refused: 0, failed: 0, missing: 0, open: 2 },
} as unknown as BatchProgress;

const readValues = (progress: Partial<BatchProgress>) =>
  Object.fromEntries(
    buildSearchAttributes({ ...PROGRESS, ...progress }).map(({ key, value }) => [key.name, value]),
  );

/** Temporal's limit of one value, bytes of JSON. */
const MAX_BYTES = 2048;

test('no value is longer than Temporal takes, whatever a batch has', () => {
  const labels = Array.from({ length: 20 }, (_, n) => String.fromCodePoint(0x430 + n).repeat(63));
  const values = readValues({ labels, model: '😀'.repeat(3_000), job: `batches/${'x'.repeat(3_000)}` });
  for (const [name, value] of Object.entries(values))
    expect({ name, bytes: Buffer.byteLength(JSON.stringify(value)) <= MAX_BYTES }).toEqual({
      name,
      bytes: true,
    });
  expect(values['BatchLabels']).toEqual(labels.slice(0, 14));
  expect(values['GeminiModel']).toBe('😀'.repeat(255));
});

test('usual values are as they are', () => {
  expect(readValues({ labels: ['autumn', 'team:web'] })).toMatchObject({
    ...{ BatchId: 'b-1', GeminiModel: 'gemini-3-pro-image', GeminiJob: 'batches/abc' },
    ...{ BatchLabels: ['autumn', 'team:web'], OutputsTotal: 3, OutputsDone: 1 },
  });
});
