import type { Store } from './store.ts';

const PLACE = 'references/';

/**
 * Creates a function that tells whether the store has a reference with a SHA-256. Reads the folder once, at the first
 * call.
 */
export function createReferenceLookup(store: Store): (sha256: string) => Promise<boolean> {
  let known: Promise<Set<string>> | undefined;
  const read = async () =>
    new Set((await store.list(PLACE)).map((key) => key.slice(PLACE.length).split('.')[0] ?? ''));
  return async (sha256) => {
    known ??= read();
    return (await known).has(sha256);
  };
}
