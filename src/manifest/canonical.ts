import { createHash } from 'node:crypto';
import type { Manifest } from '../contract/manifest.ts';

/** The order in which people read the fields. All other fields follow, sorted by code unit. */
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
 * The text of a normalised manifest, as the store keeps it: JSON indented by two spaces, fields in a fixed order, a
 * final line feed. The same manifest always gives the same bytes.
 */
export function serialiseManifest(manifest: Manifest): string {
  return `${JSON.stringify(sortFields(manifest), null, 2)}\n`;
}

/**
 * SHA-256, hex, of a normalised manifest without `run` (how it runs) and `parent` (where it comes from). It does not
 * depend on the order of fields or on the file format.
 */
export function computeFingerprint({ run: _run, parent: _parent, ...content }: Manifest): string {
  return createHash('sha256')
    .update(JSON.stringify(sortFields(content)))
    .digest('hex');
}

function sortFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortFields);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1));
  // fromEntries defines properties, so a field named __proto__ stays a field.
  return Object.fromEntries(entries.map(([name, content]) => [name, sortFields(content)]));
}

function rank(name: string): number {
  const index = ORDER.indexOf(name);
  return index === -1 ? ORDER.length : index;
}
