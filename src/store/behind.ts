import { HummingbatchError } from '../contract/errors.ts';
import type { KnownBatch } from '../contract/known.ts';
import { batchPlaces, STORE_FILE } from '../contract/places.ts';
import { storeGone } from './errors.ts';
import { getJson } from './json.ts';
import type { Store } from './store.ts';

/**
 * What a store lacks of a batch that Temporal knows, as the end of a sentence about the store; undefined where it has all. With a lost
 * permit or identity the batch would be paid for again.
 *
 * @param collected the last round whose answers were collected
 * @throws `store-missing` where the store itself is not there
 */
export async function findLost(
  store: Store,
  batchId: string,
  { nonce, permits }: KnownBatch,
  collected = 0,
): Promise<string | undefined> {
  const places = batchPlaces(batchId);
  const identity = await getJson<{ nonce?: unknown }>(store, places.identity);
  // A disk that is not mounted has lost nothing.
  if (!identity && !(await store.head(STORE_FILE))) throw storeGone(store);
  if (!identity) return `it has no ${places.identity}`;
  if (identity.nonce !== nonce) return `its ${places.identity} is of another start`;
  const rounds = new Set(permits.map(({ round }) => round).filter((round) => round <= collected));
  const needed = [
    ...permits
      .filter(({ taken }) => taken)
      .map(({ round, submission }) => places.round(round).permit(submission)),
    ...Array.from(rounds, (round) => places.round(round).collected),
  ];
  const sizes = await Promise.all(needed.map((key) => store.head(key)));
  const lost = needed.find((_, index) => sizes[index] === undefined);
  return lost && `it has no ${lost}`;
}

/** @param lost see {@link findLost} */
export function storeBehind({ location }: Store, batchId: string, lost: string): HummingbatchError {
  return new HummingbatchError(
    'store-behind',
    `The store ${location} knows less of the batch ${batchId} than Temporal: ${lost}.`,
  );
}
