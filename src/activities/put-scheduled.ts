import { summarise } from '../batch/summary.ts';
import { HummingbatchError } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { computeFingerprint } from '../manifest/canonical.ts';
import { sha256Of } from '../manifest/sha256.ts';
import { parseStored } from '../manifest/stored.ts';
import { putOnce } from '../store/put-once.ts';
import type { ActivityDeps } from './deps.ts';
import type { PutScheduledInput, ScheduledManifest } from './types.ts';

/**
 * Puts the manifest of a schedule into the folder of the batch that a firing is to make. Create-only: what is there already with
 * the same content, from an earlier attempt or by hand, stays as it is.
 */
export async function putScheduled(
  { store }: ActivityDeps,
  { batchId, manifest }: PutScheduledInput,
): Promise<ScheduledManifest> {
  const scheduled = await store.get(manifest.uri);
  if (!scheduled || sha256Of(scheduled) !== manifest.sha256) throw lost(store.location, manifest.uri);
  const content = parseStored(scheduled, manifest.uri);
  const fingerprint = computeFingerprint(content);
  const uri = batchPlaces(batchId).manifest;
  const there = await putOnce(store, uri, scheduled);
  if (there !== scheduled && computeFingerprint(parseStored(there, uri)) !== fingerprint)
    throw taken(batchId);
  return { manifest: { uri, sha256: sha256Of(there) }, fingerprint, summary: summarise(content) };
}

function lost(location: string, uri: string): HummingbatchError {
  return new HummingbatchError(
    'store-corrupt',
    `The store ${location} does not have the ${uri} with which the schedule was created.`,
    { fix: 'Restore it from a backup, or delete the schedule and create it again.' },
  );
}

function taken(batchId: string): HummingbatchError {
  return new HummingbatchError(
    'batch-conflict',
    `The batch ${batchId} is there with another manifest: this firing makes none.`,
    { fix: 'Nothing has to be done: the schedule goes on with its next firing.' },
  );
}
