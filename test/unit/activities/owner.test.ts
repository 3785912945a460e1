import { describe, expect, test } from 'vitest';
import { findOwner } from '../../../src/activities/owner.ts';
import type { ImageBatchInput } from '../../../src/contract/index.ts';
import { batchPlaces } from '../../../src/contract/places.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Store } from '../../../src/store/store.ts';
import { folder } from '../local/folder.ts';

const STEP = { batchId: 'autumn', where: {} };

describe('the owner of a transfer', () => {
  test('is the API token of the batch, by the labels of its start or those in the store', async () => {
    const store = await openStore(await folder());
    const input = { batchId: 'autumn', options: { labels: ['team:web', 'token:shop'] } } as ImageBatchInput;
    expect(await findOwner(store, { ...STEP, input })).toBe('token:shop');
    await store.put(batchPlaces('autumn').options, JSON.stringify({ labels: ['token:ops'] }));
    expect(await findOwner(store, STEP)).toBe('token:ops');
  });

  test('is the batch where no token started it', async () => {
    const store = await openStore(await folder());
    expect(await findOwner(store, STEP)).toBe('batch:autumn');
    await store.put(batchPlaces('autumn').options, JSON.stringify({ labels: ['team:web'] }));
    expect(await findOwner(store, STEP)).toBe('batch:autumn');
  });

  test('is the batch where the store cannot be read: the step says so and counts its attempts', async () => {
    const store = { get: () => Promise.reject(new Error('the folder is gone')) } as unknown as Store;
    expect(await findOwner(store, STEP)).toBe('batch:autumn');
  });
});
