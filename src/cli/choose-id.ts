import { checkBatchId, HummingbatchError } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Store } from '../store/store.ts';
import type { Flags } from './flags.ts';
import type { ReadyManifest } from './manifest.ts';

/** The longest suffix that `deriveBatchId` leaves room for has four digits. */
const MAX = 9999;

/**
 * The id of a manifest's batch: from `--id`, else its own; with `--new` the first free one of `ID`, `ID-2`, …
 *
 * @throws `usage` for an invalid id
 */
export async function chooseId(
  store: Store | undefined,
  ready: ReadyManifest,
  flags: Flags,
): Promise<string> {
  const id = flags.id ?? ready.batchId;
  checkBatchId(id);
  if (!flags.new) return id;
  for (let n = 1; n <= MAX; n += 1) {
    const free = n === 1 ? id : `${id}-${n}`;
    if (!(await isBegun(store, free))) return free;
  }
  throw new HummingbatchError('usage', `All ids from ${id} to ${id}-${MAX} are taken.`, {
    fix: 'Name one with --id.',
  });
}

/** Whether the store has a batch of this id. */
export async function isBegun(store: Store | undefined, batchId: string): Promise<boolean> {
  return (await store?.head(batchPlaces(batchId).manifest)) !== undefined;
}
