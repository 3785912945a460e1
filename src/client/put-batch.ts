import { HummingbatchError, type ImageBatchInput, type Manifest } from '../contract/index.ts';
import { batchPlaces, referencePlace } from '../contract/places.ts';
import { computeFingerprint, serialiseManifest } from '../manifest/canonical.ts';
import type { LocalReference } from '../manifest/index.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import { putOrRead } from '../store/put-once.ts';
import type { Store } from '../store/store.ts';
import { readingManifests } from './reading-manifests.ts';
import { readFingerprint } from './stored.ts';

/**
 * Puts manifest and references of a batch into the store; returns the input of its workflow.
 *
 * @throws `batch-conflict` where the batch is there with another content, `manifest-invalid` where a reference changed
 */
export async function putFiles(
  store: Store,
  batchId: string,
  {
    manifest,
    fingerprint,
    references,
  }: { manifest: Manifest; fingerprint: string; references: readonly LocalReference[] | undefined },
): Promise<NonNullable<ImageBatchInput['manifest']>> {
  await putReferences(store, references);
  return putManifest(store, batchId, manifest, fingerprint);
}

/** Copies into the store what a manifest names by content. @throws `manifest-invalid` where a reference changed */
export async function putReferences(store: Store, references: readonly LocalReference[] = []): Promise<void> {
  if (references.length === 0) return;
  const { readAgain } = await readingManifests();
  for (const reference of references) {
    const place = referencePlace(reference.sha256, reference.extension);
    if (await store.head(place)) continue;
    const content = await readAgain(reference);
    if (!content) throw changed(reference);
    await store.put(place, content);
  }
}

/** Stored under the hash of its old content, the new content would stop every batch that names the old one. */
function changed({ path }: LocalReference): HummingbatchError {
  return new HummingbatchError(
    'manifest-invalid',
    `The reference ${path} changed while the batch was started.`,
    {
      fix: 'Call the same command again when no program writes to the file.',
    },
  );
}

/** Writes the manifest once. An existing one must have the same fingerprint, and stays. */
async function putManifest(
  store: Store,
  batchId: string,
  manifest: Manifest,
  fingerprint: string,
): Promise<NonNullable<ImageBatchInput['manifest']>> {
  const uri = batchPlaces(batchId).manifest;
  const fresh = Buffer.from(serialiseManifest(manifest));
  const bytes = await putOrRead(store, uri, fresh);
  // The same bytes need no second fingerprint.
  const there = fresh.equals(bytes)
    ? fingerprint
    : ((await readFingerprint(store, batchId)) ??
      computeFingerprint((await readingManifests()).parseStored(bytes, uri)));
  if (there !== fingerprint) throw conflict(batchId, there, fingerprint);
  return { uri, sha256: computeSha256(bytes) };
}

/** The error for an id that is taken by another content; both are fingerprints. */
export function conflict(batchId: string, there: string, here: string): HummingbatchError {
  return new HummingbatchError(
    'batch-conflict',
    `The batch ${batchId} exists with another manifest (fingerprint ${there.slice(0, 8)}, this one has ${here.slice(0, 8)}).`,
  );
}
