import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import type { ActivityDeps } from './deps.ts';
import type { RememberInput } from './types.ts';

/** Keeps where the batch stands, for when no Temporal runs that could be asked. */
export async function remember({ store }: ActivityDeps, { batchId, progress }: RememberInput): Promise<void> {
  await store.put(batchPlaces(batchId).seen, toJson(progress));
}
