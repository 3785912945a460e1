import type { Store } from './store.ts';

const PLACE = 'references/';

/** Says whether the store holds a reference of some content; reads the folder once, when first asked. */
export function createReferenceLookup(store: Store): (sha256: string) => Promise<boolean> {
  let known: Promise<Set<string>> | undefined;
  const read = async () =>
    new Set((await store.list(PLACE)).map((key) => key.slice(PLACE.length).split('.')[0] ?? ''));
  return async (sha256) => {
    known ??= read();
    return (await known).has(sha256);
  };
}
