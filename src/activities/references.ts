import pMap from 'p-map';
import { HummingbatchError, type Manifest, type ReferenceSource } from '../contract/index.ts';
import { batchPlaces, referencePlace } from '../contract/places.ts';
import { findDamage } from '../images/damage.ts';
import { probeImage, type ReferenceImage } from '../images/probe.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import type { StoredReference, StoredReferences } from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import type { StepContext } from './step.ts';

/** Each is in memory, up to 30 MB. */
const AT_ONCE = 2;
/** The formats of references; the key of a reference in the store ends in one of them. */
const EXTENSIONS = ['png', 'jpg', 'webp', 'heic', 'heif'];

/**
 * Fetches the references that are URLs, checks every reference once, and writes the type and size of each. No pixel is
 * decoded: the time is bounded by the bytes, whatever size in pixels a file says.
 *
 * @throws `manifest-invalid` for a reference that is missing or no image, `reference-unreachable`, `store-corrupt`
 */
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
    async (source) => {
      await context.turn.pass();
      return [source, await storeReference(deps, source, context)] as const;
    },
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

async function storeReference(
  deps: ActivityDeps,
  source: ReferenceSource,
  { signal }: StepContext,
): Promise<StoredReference> {
  const { store } = deps;
  if (source.startsWith('sha256:')) return readKeptReference(store, source);
  const content = await deps.fetchReference(source, signal);
  // The query of a URL may hold a signature, which must not appear in an error.
  const { mime, extension } = checkReference(content, source.replace(/\?.*/, ''));
  const sha256 = computeSha256(content);
  const place = referencePlace(sha256, extension);
  await store.put(place, content);
  return { sha256, place, mime, bytes: content.byteLength };
}

/** A reference that was copied into the store before the start. */
async function readKeptReference(store: Store, source: string): Promise<StoredReference> {
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
  if (computeSha256(content) !== sha256)
    throw new HummingbatchError(
      'store-corrupt',
      `The file ${place} in the store ${store.location} has changed: its content does not match its SHA-256.`,
    );
  const { mime } = checkReference(content, place);
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

/** Checks a reference by the rules for local files, then its checksums. @throws `manifest-invalid` */
function checkReference(content: Uint8Array, name: string): ReferenceImage {
  const probe = probeImage(content);
  if (!probe.ok) throw unusable(name, probe.message, probe.fix);
  const { image } = probe;
  const damage = findDamage(content, image.mime);
  if (damage) throw unusable(name, damage);
  return image;
}

function unusable(name: string, why: string, fix = 'Export or download it again.'): HummingbatchError {
  return new HummingbatchError('manifest-invalid', `The reference ${name} cannot be used. ${why}`, { fix });
}
