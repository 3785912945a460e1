import type { Manifest } from '../contract/manifest.ts';
import { parseManifest } from './parse.ts';
import { manifestError } from './problem.ts';

/**
 * Parses a manifest from the store as untrusted input: anybody who can start a workflow may have put it there.
 *
 * @throws `manifest-invalid`, also if it contains a local path
 */
export function parseStored(bytes: Uint8Array, key: string): Manifest {
  const parsed = parseManifest(bytes, { file: key, format: 'json' });
  if (parsed.ok) return parsed.manifest;
  throw manifestError(parsed.problems);
}
