import { REFERENCES, tenantPlaces } from '../contract/places.ts';
import type { Store } from './store.ts';

/**
 * Creates a function that tells whether there is a reference with a SHA-256. Reads the names in one folder, at the first call: for a
 * tenant that is a folder of its own, so neither the answer nor its time tells of the content of others.
 *
 * @param tenant who asks, and knows only of what it has sent. Undefined: all content of the store
 */
export function createReferenceLookup(store: Store, tenant?: string): (sha256: string) => Promise<boolean> {
  const folder = tenant === undefined ? REFERENCES : tenantPlaces(tenant).references;
  let known: Promise<Set<string>> | undefined;
  const read = async () =>
    new Set((await store.list(folder)).map((key) => key.slice(folder.length).split('.')[0] ?? ''));
  return async (sha256) => {
    known ??= read();
    return (await known).has(sha256);
  };
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
