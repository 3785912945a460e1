import { HummingbatchError } from '../contract/errors.ts';
import type { Store } from './store.ts';

/**
 * Reads one value as JSON; undefined where there is none. Its shape is not checked, because hummingbatch wrote it.
 * @throws `store-corrupt` where it is not JSON
 */
export async function getJson<T>(store: Store, key: string): Promise<T | undefined> {
  const bytes = await store.get(key);
  return bytes && (parse(Buffer.from(bytes).toString(), store, key) as T);
}

/** The same for JSON Lines. */
export async function getJsonLines<T>(store: Store, key: string): Promise<T[] | undefined> {
  const bytes = await store.get(key);
  const lines = bytes && Buffer.from(bytes).toString().split('\n').filter(Boolean);
  return lines?.map((line) => parse(line, store, key) as T);
}

function parse(text: string, store: Store, key: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HummingbatchError(
      'store-corrupt',
      `The file ${key} in the store ${store.location} is not JSON.`,
      {
        cause,
      },
    );
  }
}

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function toJsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}
