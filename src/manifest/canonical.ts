import { createHash } from 'node:crypto';
import type { Manifest } from '../contract/manifest.ts';

/** The order in which a person reads; what is not named here follows by code unit. */
const ORDER = [
  'name',
  'model',
  'parent',
  'key',
  'prompt',
  'aspectRatio',
  'imageSize',
  'count',
  'references',
  'items',
  'run',
];

/**
 * The text of a normalised manifest, as it lies in the store: JSON with two spaces, fields in a fixed order, a line end
 * at the end. The same manifest is always the same bytes.
 */
export function serialiseManifest(manifest: Manifest): string {
  return `${JSON.stringify(ordered(manifest), null, 2)}\n`;
}

/**
 * SHA-256, hex, of what a normalised manifest asks for: without `run` (how it is run) and `parent` (where it comes from),
 * whatever the order of its fields and the format it was written in.
 */
export function computeFingerprint({ run: _run, parent: _parent, ...asked }: Manifest): string {
  return createHash('sha256')
    .update(JSON.stringify(ordered(asked)))
    .digest('hex');
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  // fromEntries defines properties, so that a field named __proto__ stays a field.
  return Object.fromEntries(entries.map(([name, content]) => [name, ordered(content)]));
}

function rank(name: string): number {
  const index = ORDER.indexOf(name);
  return index === -1 ? ORDER.length : index;
}
