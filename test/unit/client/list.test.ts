import { describe, expect, test } from 'vitest';
import { type BatchProgress, listBatches } from '../../../src/client/index.ts';
import { batchPlaces } from '../../../src/contract/places.ts';
import { toJson } from '../../../src/store/json.ts';
import { openStore } from '../../../src/store/open.ts';
import { noteStart } from '../../../src/store/starts.ts';
import type { Store } from '../../../src/store/store.ts';
import { temporaryFolder } from '../store/temporary-folder.ts';

const SHOP = 'token:shop';

/** A store that notes the keys that are read. */
async function openWatchedStore() {
  const store = await openStore(await temporaryFolder());
  const read: string[] = [];
  const get: Store['get'] = (key) => {
    read.push(key);
    return store.get(key);
  };
  return { store: { ...store, get }, read };
}

/** Saves an ended batch that began in this second. */
async function saveEnded(store: Store, second: number, labels: string[] = [], isNoted = true) {
  const batchId = `batch-${second}`;
  const at = second * 1000;
  const progress: BatchProgress = {
    batchId,
    state: 'COMPLETED',
    ...(labels.length > 0 && { labels }),
    round: 1,
    outputs: { total: 1, image: 1, refused: 0, failed: 0, missing: 0 },
    jobs: [],
    costUsd: { estimated: 1, actual: 1 },
    startedAt: new Date(at).toISOString(),
    endedAt: new Date(at + 1).toISOString(),
  };
  await store.put(batchPlaces(batchId).seen, toJson(progress));
  if (isNoted) await noteStart(store, batchId, { at, labels });
}

const listIds = async (...args: Parameters<typeof listBatches>) =>
  (await listBatches(...args)).batches.map(({ batchId }) => batchId);
/** The batches of which a file was read. */
const readBatches = (keys: string[]) => new Set(keys.map((key) => key.split('/')[1]));

describe('a page of batches', () => {
  test('reads the batches of the page and one more, however many the store has', async () => {
    const { store, read } = await openWatchedStore();
    for (let second = 1; second <= 60; second++) await saveEnded(store, second);
    expect(await listIds(undefined, store, { limit: 1 })).toEqual(['batch-60']);
    expect(readBatches(read)).toEqual(new Set(['batch-60', 'batch-59']));
    read.length = 0;
    const page = await listBatches(undefined, store, { limit: 2, after: 'batch-31' });
    expect(page).toMatchObject({
      batches: [{ batchId: 'batch-30' }, { batchId: 'batch-29' }],
      next: 'batch-29',
    });
    expect(readBatches(read).size).toBe(3);
    read.length = 0;
    const since = new Date(59_000).toISOString();
    expect(await listIds(undefined, store, { since })).toEqual(['batch-60', 'batch-59']);
    expect(readBatches(read).size).toBe(2);
  });

  test('of a token reads none of the batches of others', async () => {
    const { store, read } = await openWatchedStore();
    for (let second = 1; second <= 60; second++)
      await saveEnded(store, second, second === 7 ? [SHOP, 'x'] : []);
    expect(await listIds(undefined, store, { labels: [SHOP, 'x'] })).toEqual(['batch-7']);
    expect(readBatches(read)).toEqual(new Set(['batch-7']));
    read.length = 0;
    expect(await listIds(undefined, store, { labels: ['token:crm'] })).toEqual([]);
    expect(read).toEqual([]);
  });

  test('has batches whose start was not noted in their place, and reads ended ones once', async () => {
    const { store, read } = await openWatchedStore();
    for (let second = 1; second <= 9; second++) await saveEnded(store, second, [], second % 3 !== 0);
    const ended = new Map();
    const newest = ['batch-9', 'batch-8', 'batch-7', 'batch-6', 'batch-5'];
    expect(await listIds(undefined, store, { limit: 5 }, ended)).toEqual(newest);
    read.length = 0;
    expect(await listIds(undefined, store, { limit: 1 }, ended)).toEqual(['batch-9']);
    expect(readBatches(read)).toEqual(new Set(['batch-9', 'batch-8']));
  });

  test('orders a batch by its last start, with the labels of that', async () => {
    const { store } = await openWatchedStore();
    for (let second = 1; second <= 3; second++) await saveEnded(store, second, [SHOP]);
    // A retry, which has lost the label.
    const progress = (await listBatches(undefined, store)).batches.at(-1) as BatchProgress;
    const { labels: _, ...rest } = progress;
    await store.put(
      batchPlaces('batch-1').seen,
      toJson({ ...rest, startedAt: new Date(5_000).toISOString() }),
    );
    await noteStart(store, 'batch-1', { at: 5_000 });
    expect(await listIds(undefined, store)).toEqual(['batch-1', 'batch-3', 'batch-2']);
    expect(await listIds(undefined, store, { labels: [SHOP] })).toEqual(['batch-3', 'batch-2']);
  });
});
