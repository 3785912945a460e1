import { HummingbatchError } from '../contract/index.ts';
import { findNearest } from '../manifest/suggest.ts';
import type { Store } from '../store/store.ts';
import { storedBatches } from './stored.ts';

/** More suggestions do not help. */
const MAX_NEAR = 3;

/** The error for an unknown id, with similar ids. */
export async function unknownBatch(store: Store, batchId: string): Promise<HummingbatchError> {
  const near = nearIds(batchId, await storedBatches(store));
  return new HummingbatchError('batch-unknown', `There is no batch ${batchId} in ${store.location}.`, {
    ...(near.length > 0 && { fix: `Did you mean ${near.join(' or ')}?` }),
  });
}

function nearIds(wanted: string, ids: readonly string[]): string[] {
  const alike = findNearest(wanted, ids);
  const holding = wanted.length > 1 ? ids.filter((id) => id.includes(wanted)) : [];
  return [...new Set([...(alike ? [alike] : []), ...holding])].slice(0, MAX_NEAR);
}
