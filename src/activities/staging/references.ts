import pMap from 'p-map';
import { batchPlaces } from '../../contract/places.ts';
import { getJson, toJson } from '../../store/json.ts';
import type { StoredReference } from '../batch-files.ts';
import type { ActivityDeps } from '../deps.ts';
import type { StepContext } from '../step.ts';
import { isFresh, type StagedFile, skipBytes, waitUntilActive } from './staged-file.ts';

/** The uploaded references of a batch, by SHA-256. */
export type Uploads = Record<string, StagedFile>;

// Two uploads use all of an ordinary connection; more only share it.
const UPLOADS_AT_ONCE = 3;

/**
 * Uploads the references that are not at Google, or expire too soon. Each upload is saved as soon as it is complete,
 * so that a crash repeats none.
 */
export async function stageReferences(
  deps: ActivityDeps,
  batchId: string,
  needed: StoredReference[],
  context: StepContext,
): Promise<{ uploads: Uploads; sent: number }> {
  const { store, gemini } = deps;
  const uploads = await readFreshUploads(deps, batchId);
  // A store that cannot be written (disk full) must fail here, before an upload that it could not save.
  await store.put(batchPlaces(batchId).uploads, toJson(uploads));
  const missing = needed.filter(({ sha256 }) => !uploads[sha256]);
  let writing = Promise.resolve();
  const saveUpload = (file: StagedFile): Promise<void> => {
    uploads[file.sha256] = file;
    const snapshot = toJson(uploads);
    writing = writing.then(() => store.put(batchPlaces(batchId).uploads, snapshot));
    return writing;
  };
  await pMap(
    missing,
    async ({ sha256, place, mime, bytes }) => {
      await context.turn.pass();
      const file = await gemini.files.upload(
        {
          displayName: `hb/${batchId}/${sha256.slice(0, 12)}`,
          mimeType: mime,
          bytes,
          chunks: (offset) => skipBytes(store.read(place), offset),
        },
        context.signal,
        () => context.heartbeat({ uploaded: Object.keys(uploads).length, of: needed.length }),
      );
      context.count('uploadedBytes', bytes, {});
      await saveUpload({ ...(await waitUntilActive(deps, file, context.signal)), sha256, bytes });
    },
    { concurrency: UPLOADS_AT_ONCE, signal: context.signal },
  );
  return { uploads, sent: missing.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** The earlier uploads that do not expire too soon. */
async function readFreshUploads({ store, now }: ActivityDeps, batchId: string): Promise<Uploads> {
  const known = (await getJson<Uploads>(store, batchPlaces(batchId).uploads)) ?? {};
  return Object.fromEntries(Object.entries(known).filter(([, file]) => isFresh(file, now())));
}
