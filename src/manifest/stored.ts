import type { Manifest } from '../contract/manifest.ts';
import { parseManifest } from './parse.ts';
import { manifestError } from './problem.ts';

/**
 * A manifest that lies in a store, parsed like any stranger's: whoever starts a workflow may have put it there.
 *
 * @throws `manifest-invalid`, for a path in it too
 */
export function parseStored(bytes: Uint8Array, key: string): Manifest {
  const parsed = parseManifest(bytes, { file: key, format: 'json' });
  if (parsed.ok) return parsed.manifest;
  throw manifestError(parsed.problems);
}
