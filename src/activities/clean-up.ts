import pMap from 'p-map';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { ActivityDeps } from './deps.ts';
import type { StagedFile } from './staging/staged-file.ts';
import { findLastRound } from './standing.ts';
import type { StepContext } from './step.ts';
import type { StepInput } from './types.ts';

// A batch may have thousands of references, and a deletion takes about 0.1 s.
const AT_ONCE = 8;

/**
 * Deletes the files that the batch uploaded to Google. Google deletes files after 48 h itself; until then they count
 * against the project's 20 GB.
 */
export async function cleanUp(
  { store, gemini }: ActivityDeps,
  { batchId }: StepInput,
  { signal }: StepContext,
): Promise<void> {
  const places = batchPlaces(batchId);
  const references = Object.values((await getJson<Record<string, StagedFile>>(store, places.uploads)) ?? {});
  await pMap(references, ({ name }) => gemini.files.delete(name, signal), { concurrency: AT_ONCE, signal });
  await store.delete(places.uploads);

  const rounds = await findLastRound(store, batchId);
  for (let round = 1; round <= rounds; round++) {
    const place = places.round(round).staged;
    const staged = await getJson<StagedFile>(store, place);
    if (staged) await gemini.files.delete(staged.name, signal);
    await store.delete(place);
  }
}
