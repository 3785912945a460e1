import { HummingbatchError } from '../contract/errors.ts';
import type { Store } from './store.ts';

/** One value as JSON, or undefined. What lies there was written by us; a file that is no JSON is `store-corrupt`. */
export async function getJson<T>(store: Store, key: string): Promise<T | undefined> {
  const bytes = await store.get(key);
  return bytes && (parse(Buffer.from(bytes).toString(), store, key) as T);
}

/** Values as JSON, one on each line; the same otherwise. */
export async function getJsonLines<T>(store: Store, key: string): Promise<T[] | undefined> {
  const bytes = await store.get(key);
  const lines = bytes && Buffer.from(bytes).toString().split('\n').filter(Boolean);
  return lines?.map((line) => parse(line, store, key) as T);
}

function parse(text: string, store: Store, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HummingbatchError('store-corrupt', `${key} in the store ${store.location} is no JSON.`, {
      cause,
    });
  }
}

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function toJsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
