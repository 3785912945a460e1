import { openStore } from '../store/open.ts';
import type { Store } from '../store/store.ts';

/** Opens a folder as a store, or answers with the store that is open. @throws the errors of the store */
export async function openStoreAt(store: string | Store): Promise<Store> {
  return typeof store === 'string' ? openStore(store) : store;
}
