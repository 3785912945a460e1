import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import { saveOptions } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import type { SaveProgressInput } from './types.ts';

/** Writes the batch's progress and run options into the store, for readers that cannot reach Temporal. */
export async function saveProgress(
  { store }: ActivityDeps,
  { batchId, progress, options }: SaveProgressInput,
): Promise<void> {
  await store.put(batchPlaces(batchId).seen, toJson(progress));
  await saveOptions(store, batchId, options);
}
