import { Readable } from 'node:stream';
import { makeZip, predictLength } from 'client-zip';
import { readRecords } from '../client/index.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { withExactLength } from './with-exact-length.ts';

/** An archive that is generated while it is read. */
export interface Archive {
  /** Length of the whole archive. */
  bytes: number;
  content: Readable;
}

interface Part {
  key: string;
  name: string;
  size: number;
  lastModified: Date;
}

/** The results, report and manifests of a batch, in a folder with its id. @throws `wrong-state` before its first report */
export async function buildArchive(store: Store, batchId: string): Promise<Archive> {
  const places = batchPlaces(batchId);
  const report = await getJson<{ endedAt: string }>(store, places.report);
  if (!report)
    throw new HummingbatchError('wrong-state', `The batch ${batchId} has no results yet.`, {
      fix: 'Wait until it has ended.',
      actions: [{ action: 'watch', batchId }],
    });
  const keys = [places.manifest, places.results, places.report, places.page, places.failed];
  for await (const { file, alternates = [] } of readRecords(store, batchId))
    for (const name of [file, ...alternates.map((other) => other.file)])
      if (name) keys.push(places.file(name));
  const parts = await listParts(store, keys, places.failed, new Date(report.endedAt));
  // Images do not compress, and the length of an uncompressed archive is known before it is sent.
  const zip = makeZip(readParts(store, parts));
  return { bytes: Number(predictLength(parts)), content: Readable.fromWeb(zip) };
}

/** A batch whose outputs are all images has no `failed.json`. Every other file must exist. */
async function listParts(
  store: Store,
  keys: readonly string[],
  optional: string,
  lastModified: Date,
): Promise<Part[]> {
  const parts: Part[] = [];
  for (const key of keys) {
    const found = await store.head(key);
    if (!found && key !== optional)
      throw new HummingbatchError('store-corrupt', `The store ${store.location} has lost its file ${key}.`);
    if (found) parts.push({ key, name: key.replace(/^batches\//, ''), size: found.bytes, lastModified });
  }
  return parts;
}

async function* readParts(store: Store, parts: readonly Part[]) {
  for (const { key, ...part } of parts) yield { ...part, input: withExactLength(part.size, store.read(key)) };
}
