import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { storedProgress } from '../../../src/client/stored.ts';
import { batchPlaces } from '../../../src/contract/places.ts';
import { openStore } from '../../../src/store/open.ts';

async function storeWith(manifest: string) {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = await openStore(folder);
  await store.put(batchPlaces('b-1').manifest, manifest);
  return store;
}

const MANIFEST = {
  name: 'begun',
  model: 'gemini-3-pro-image',
  references: {},
  items: [
    { key: 'a', prompt: 'x', imageSize: '1K', count: 2, references: [] },
    { key: 'b', prompt: 'x', imageSize: '1K', count: 3, references: [] },
  ],
  run: { labels: ['team:web'] },
};

test('a batch that only has its manifest is being prepared, with its labels and outputs', async () => {
  const store = await storeWith(JSON.stringify(MANIFEST));
  expect(await storedProgress(store, 'b-1')).toMatchObject({
    state: 'PREPARING',
    model: 'gemini-3-pro-image',
    labels: ['team:web'],
    outputs: { total: 5, image: 0 },
  });
});

test.each([
  ['is cut off', '{"name": "begun"'],
  ['has labels that decide nothing', JSON.stringify({ ...MANIFEST, run: { labels: [1] } })],
  [
    'has a count that is no number',
    JSON.stringify({ ...MANIFEST, items: [{ ...MANIFEST.items[0], count: 'x' }] }),
  ],
])('a stored manifest that %s is invalid', async (_, manifest) => {
  await expect(storedProgress(await storeWith(manifest), 'b-1')).rejects.toMatchObject({
    code: 'manifest-invalid',
  });
});
