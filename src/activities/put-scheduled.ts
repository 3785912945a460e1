import { summarise } from '../batch/summary.ts';
import { HummingbatchError } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { computeFingerprint } from '../manifest/canonical.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import { parseStored } from '../manifest/stored.ts';
import { putOrRead } from '../store/put-once.ts';
import type { ActivityDeps } from './deps.ts';
import type { PutScheduledInput, ScheduledManifest } from './types.ts';

/**
 * Copies the manifest of a schedule into the folder of the batch that a firing starts. Create-only: the same content
 * from an earlier attempt stays as it is.
 *
 * @throws `store-corrupt` where the schedule's manifest is missing or changed, `batch-conflict` where the batch has
 *   another manifest
 */
export async function putScheduled(
  { store }: ActivityDeps,
  { batchId, manifest }: PutScheduledInput,
): Promise<ScheduledManifest> {
  const scheduled = await store.get(manifest.uri);
  if (!scheduled || computeSha256(scheduled) !== manifest.sha256)
    throw missingManifest(store.location, manifest.uri);
  const content = parseStored(scheduled, manifest.uri);
  const fingerprint = computeFingerprint(content);
  const uri = batchPlaces(batchId).manifest;
  const there = await putOrRead(store, uri, scheduled);
  if (there !== scheduled && computeFingerprint(parseStored(there, uri)) !== fingerprint)
    throw conflictingManifest(batchId);
  return { manifest: { uri, sha256: computeSha256(there) }, fingerprint, summary: summarise(content) };
}

function missingManifest(location: string, uri: string): HummingbatchError {
  return new HummingbatchError(
    'store-corrupt',
    `The store ${location} has lost the file ${uri}, which the schedule was created with.`,
    { fix: 'Restore it from a backup, or delete the schedule and create it again.' },
  );
}

function conflictingManifest(batchId: string): HummingbatchError {
  return new HummingbatchError(
    'batch-conflict',
    `The batch ${batchId} already exists with another manifest. This firing starts no batch.`,
    { fix: 'Nothing to do: the schedule continues with its next firing.' },
  );
}
