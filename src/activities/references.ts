import pMap from 'p-map';
import sharp from 'sharp';
import { HummingbatchError, type Manifest, type ReferenceSource } from '../contract/index.ts';
import { batchPlaces, referencePlace } from '../contract/places.ts';
import { probeImage, type ReferenceImage } from '../images/probe.ts';
import { sha256Of } from '../manifest/sha256.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import type { StoredReference, StoredReferences } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import type { StepContext } from './step.ts';

// Decoding is what costs; more at once than cores only costs memory.
const AT_ONCE = 2;
/** Of what a reference may be; its bytes lie under one of them. */
const EXTENSIONS = ['png', 'jpg', 'webp', 'heic', 'heif'];
/** What our decoder cannot decode: only their containers are looked at. */
const UNDECODED = ['image/heic', 'image/heif'];

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
    { concurrency: AT_ONCE, signal: context.signal },
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
  if (source.startsWith('sha256:')) return keptReference(store, source);
  const content = await deps.fetchReference(source, signal);
  // A query may hold a signature, which is nobody's business.
  const { mime, extension } = await inspect(content, source.replace(/\?.*/, ''));
  const sha256 = sha256Of(content);
  const place = referencePlace(sha256, extension);
  await store.put(place, content);
  return { sha256, place, mime, bytes: content.byteLength };
}

/** A reference that whoever started the batch put into the store. */
async function keptReference(store: Store, source: string): Promise<StoredReference> {
  const sha256 = source.slice('sha256:'.length);
  const found = await findContent(store, sha256);
  if (!found) {
    throw new HummingbatchError(
      'manifest-invalid',
      `The store ${store.location} has no reference ${source}.`,
      {
        fix: 'Start the batch from the manifest with its files, so that they are copied into the store.',
      },
    );
  }
  const { place, content } = found;
  if (sha256Of(content) !== sha256)
    throw new HummingbatchError(
      'store-corrupt',
      `${place} in the store ${store.location} is not what it was.`,
    );
  const { mime } = await inspect(content, place);
  return { sha256, place, mime, bytes: content.byteLength };
}

async function findContent(store: Store, sha256: string) {
  for (const extension of EXTENSIONS) {
    const place = referencePlace(sha256, extension);
    const content = await store.get(place);
    if (content) return { place, content };
  }
  return undefined;
}

/** By the rules for local files, and decoded as a whole besides, so that Google never sees what is no image. */
async function inspect(content: Uint8Array, name: string): Promise<ReferenceImage> {
  const probe = probeImage(content);
  if (!probe.ok) throw unusable(name, probe.message, probe.fix);
  const { image } = probe;
  try {
    if (!UNDECODED.includes(image.mime))
      await sharp(content, { limitInputPixels: image.width * image.height }).stats();
  } catch (cause) {
    throw unusable(name, `It cannot be decoded: ${cause instanceof Error ? cause.message : String(cause)}.`);
  }
  return image;
}

function unusable(name: string, why: string, fix = 'Export or download it again.'): HummingbatchError {
  return new HummingbatchError('manifest-invalid', `The reference ${name} cannot be used. ${why}`, { fix });
}
