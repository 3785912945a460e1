import { HummingbatchError } from '../contract/errors.ts';
import { clip } from '../contract/text.ts';

// Control characters, what Windows forbids in names, and the separators of other systems.
const UNSAFE = /[\u0000-\u001f<>:"|?*\\]/;

/** Splits a key into segments. @throws `internal` for a key that could name a file outside the store */
export function splitKey(key: string): string[] {
  const segments = key.split('/');
  const bad = segments.some((segment) => segment === '' || segment.startsWith('.') || UNSAFE.test(segment));
  if (bad) throw new HummingbatchError('internal', `"${clip(key, 200)}" is not a valid store key.`);
  return segments;
}

/**
 * Splits a prefix into segments. A prefix is a key and a `/`, as in an object store, so that `a/b` never matches
 * `a/bc`.
 */
export function splitPrefix(prefix: string): string[] {
  if (!prefix.endsWith('/'))
    throw new HummingbatchError(
      'internal',
      `"${clip(prefix, 200)}" is not a valid store prefix: it must end with "/".`,
    );
  return splitKey(prefix.slice(0, -1));
}
