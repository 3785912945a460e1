import { REFERENCES, tenantPlaces } from '../contract/places.ts';
import type { Store } from './store.ts';

/**
 * Which of these references, by SHA-256, there are not: all where there is no store. Reads the names in one folder: for a tenant
 * that is a folder of its own, so neither the answer nor its time tells of the content of others.
 *
 * @param tenant who asks, and knows only of what it has sent. Undefined: all content of the store
 */
export async function findMissingReferences(
  store: Store | undefined,
  sha256s: readonly string[],
  tenant?: string,
): Promise<Set<string>> {
  const folder = tenant === undefined ? REFERENCES : tenantPlaces(tenant).references;
  const keys = store ? await store.list(folder) : [];
  const known = new Set(keys.map((key) => key.slice(folder.length).split('.')[0]));
  return new Set(sha256s.filter((sha256) => !known.has(sha256)));
}

/** Notes that a tenant may name these contents: it has sent them, or may see all batches. */
export async function grantReferences(
  store: Store,
  tenant: string,
  hashes: readonly string[],
): Promise<void> {
  for (const sha256 of hashes) {
    const place = tenantPlaces(tenant).reference(sha256);
    if (!(await store.head(place))) await store.put(place, '');
  }
}
