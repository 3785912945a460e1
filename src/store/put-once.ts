import type { Store } from './store.ts';

/** Writes a value unless its key exists. Returns the value that the key has afterwards. */
export async function putOrRead(store: Store, key: string, data: Uint8Array): Promise<Uint8Array> {
  const isWritten = await store.putIfAbsent(key, data);
  return isWritten ? data : ((await store.get(key)) ?? data);
}
