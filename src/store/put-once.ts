import type { Store } from './store.ts';

/** Writes a value unless its key is taken, and answers with what is there then. */
export async function putOrRead(store: Store, key: string, data: Uint8Array): Promise<Uint8Array> {
  const isWritten = await store.putIfAbsent(key, data);
  return isWritten ? data : ((await store.get(key)) ?? data);
}
