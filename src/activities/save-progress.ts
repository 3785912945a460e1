import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import { keepOptions } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import type { SaveProgressInput } from './types.ts';

/** Keeps where the batch stands and how it is run, for when no Temporal can be asked. */
export async function saveProgress(
  { store }: ActivityDeps,
  { batchId, progress, options }: SaveProgressInput,
): Promise<void> {
  await store.put(batchPlaces(batchId).seen, toJson(progress));
  await keepOptions(store, batchId, options);
}
