import { selectOutputs } from '../batch/selector.ts';
import type { RetryRequest, RetrySelection } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import { readRecords } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** A retry whose selection is in the store. */
export interface Retry {
  id: string;
  uri: string;
}

/**
 * Resolves the retry of a start. A retry that names a choice selects from the records that exist when it is first
 * prepared. Undefined where the batch has no records yet: it never ended, and the retry only continues it.
 *
 * @throws `wrong-state` where the choice matches no output
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
    const selection: RetrySelection = await selectOutputs(readRecords(store, batchId), choice, batchId);
    await store.putIfAbsent(place, toJson(selection));
  }
  return { id, uri: place };
}
