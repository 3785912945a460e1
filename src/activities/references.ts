import { createHash } from 'node:crypto';
import pMap from 'p-map';
import sharp from 'sharp';
import { HummingbatchError, type Manifest, type ReferenceSource } from '../contract/index.ts';
import { batchPlaces, referencePlace } from '../contract/places.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import type { StoredReference, StoredReferences } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import type { StepContext } from './step.ts';

// Decoding is what costs; more at once than cores only costs memory.
const AT_ONCE = 2;
/** Far above what a model takes in, far below what a decompression bomb unpacks to. */
const MOST_PIXELS = 100_000_000;

const KINDS: Record<string, { mime: string; extension: string }> = {
  jpeg: { mime: 'image/jpeg', extension: 'jpg' },
  png: { mime: 'image/png', extension: 'png' },
  webp: { mime: 'image/webp', extension: 'webp' },
  heif: { mime: 'image/heif', extension: 'heif' },
};

/** Fetches what is named by URL, decodes every reference once, and writes down what each is. */
export async function prepareReferences(
  deps: ActivityDeps,
  batchId: string,
  manifest: Manifest,
  context: StepContext,
): Promise<StoredReferences> {
  const { store } = deps;
  const place = batchPlaces(batchId).references;
  const known = await getJson<StoredReferences>(store, place);
  if (known) return known;

  const sources = [...new Set(Object.values(manifest.references).flat())];
  const stored = await pMap(
    sources,
    async (source) => [source, await storedReference(deps, source, context)] as const,
    {
      concurrency: AT_ONCE,
      signal: context.signal,
    },
  );
  const bySource = new Map(stored);
  const references = Object.fromEntries(
    Object.entries(manifest.references).map(([name, list]) => [
      name,
      list.map((source) => bySource.get(source) as StoredReference),
    ]),
  );
  await store.put(place, toJson(references));
  return references;
}

async function storedReference(
  deps: ActivityDeps,
  source: ReferenceSource,
  { signal }: StepContext,
): Promise<StoredReference> {
  const { store } = deps;
  if (source.startsWith('sha256:')) {
    const sha256 = source.slice('sha256:'.length);
    const place = await findPlace(store, sha256);
    const content = await store.get(place);
    return { ...(await inspect(content ?? Buffer.alloc(0), place)), place };
  }
  const content = await deps.fetchReference(source, signal);
  const { extension, ...reference } = await inspect(content, source);
  const place = referencePlace(reference.sha256, extension);
  await store.put(place, content);
  return { ...reference, place };
}

async function findPlace(store: Store, sha256: string): Promise<string> {
  for (const { extension } of [...Object.values(KINDS), { extension: 'heic' }, { extension: 'jpeg' }]) {
    const place = referencePlace(sha256, extension);
    if (await store.head(place)) return place;
  }
  throw new HummingbatchError(
    'manifest-invalid',
    `The store ${store.location} has no reference sha256:${sha256}.`,
    {
      fix: 'Start the batch from the manifest with its files, so that they are copied into the store.',
    },
  );
}

/** Decodes all of it, so that Google never sees what is no image. */
async function inspect(
  content: Uint8Array,
  name: string,
): Promise<Omit<StoredReference, 'place'> & { extension: string }> {
  try {
    const image = sharp(content, { limitInputPixels: MOST_PIXELS });
    const { format } = await image.metadata();
    const kind = KINDS[format];
    if (!kind) throw new Error(`images of the kind ${format} are not taken`);
    if (format !== 'heif') await image.stats();
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { sha256, mime: kind.mime, extension: kind.extension, bytes: content.byteLength };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new HummingbatchError(
      'manifest-invalid',
      `The reference ${name} is no image that can be used: ${why}.`,
      { cause },
    );
  }
}
