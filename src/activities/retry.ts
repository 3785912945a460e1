import { choose } from '../batch/selector.ts';
import type { RetryRequest, RetrySelection } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import { storedRecords } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** A retry whose selection lies in the store. */
export interface Retry {
  id: string;
  uri: string;
}

/**
 * The retry that is asked for; one that names a choice selects from the records that are there when it is first prepared.
 * Undefined where the batch has none: it never ended, and going on with it is all that a retry can do.
 *
 * @throws `wrong-state` where the choice means no output
 */
export async function resolveRetry(
  store: Store,
  batchId: string,
  { id, uri, ...choice }: RetryRequest,
): Promise<Retry | undefined> {
  if (uri !== undefined) return { id, uri };
  const places = batchPlaces(batchId);
  if (!(await store.head(places.report))) return undefined;
  const place = places.retry(id);
  if (!(await store.head(place))) {
    const selection: RetrySelection = await choose(storedRecords(store, batchId), choice, batchId);
    await store.putIfAbsent(place, toJson(selection));
  }
  return { id, uri: place };
}
