import { HummingbatchError } from '../contract/errors.ts';
import type { Store } from './store.ts';

/** One value as JSON, or undefined. What lies there was written by us; a file that is no JSON is `store-corrupt`. */
export async function getJson<T>(store: Store, key: string): Promise<T | undefined> {
  const bytes = await store.get(key);
  if (!bytes) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as T;
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
