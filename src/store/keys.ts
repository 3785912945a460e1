import { HummingbatchError } from '../contract/errors.ts';

// Control characters, what Windows forbids in names, and the separators of other systems.
const UNSAFE = /[\u0000-\u001f<>:"|?*\\]/;

/** The segments of a key; refuses every key that could name something outside of the store. */
export function splitKey(key: string): string[] {
  const segments = key.split('/');
  const bad = segments.some((segment) => segment === '' || segment.startsWith('.') || UNSAFE.test(segment));
  if (bad) throw new HummingbatchError('internal', `"${key.slice(0, 200)}" is no key of a store.`);
  return segments;
}

/** The segments of a prefix: a key and a `/`, as an object store would have it, so that `a/b` never means `a/bc`. */
export function splitPrefix(prefix: string): string[] {
  if (!prefix.endsWith('/'))
    throw new HummingbatchError('internal', `"${prefix.slice(0, 200)}" is no prefix.`);
  return splitKey(prefix.slice(0, -1));
}
