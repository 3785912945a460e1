import type { Manifest, ReferenceSource } from '../contract/manifest.ts';
import { serialiseManifest } from './canonical.ts';
import type { Examined } from './examine.ts';
import { MAX_MANIFEST_BYTES, MAX_NODES } from './limits.ts';
import { normalise } from './normalise.ts';
import type { Report } from './report.ts';
import type { ManifestInput } from './schema.ts';
import { reportTooLarge } from './text.ts';
import type { Tree } from './tree.ts';

/** The contents that were found, by the path as written. */
type Found = ReadonlyMap<string, { sha256: string }>;

/** The normalised manifest, if no problem was reported. */
export function finishManifest(
  { tree, draft, classify }: Examined,
  found: Found,
  problems: Report,
): Manifest | undefined {
  if (!problems.isEmpty()) return undefined;
  // Every path was resolved or refused before, so each text is a source or a path in `found`.
  const toSource = (written: string): ReferenceSource => {
    const classified = classify(written);
    return classified.kind === 'source' ? classified.source : `sha256:${found.get(written)?.sha256 ?? ''}`;
  };
  const manifest = normalise(draft as ManifestInput, toSource);
  checkGrowth(tree, manifest, problems);
  return problems.isEmpty() ? manifest : undefined;
}

/** Normalising repeats the defaults in every item. The result must fit the same limits, or the store's copy could not be read. */
function checkGrowth({ source }: Tree, manifest: Manifest, problems: Report): void {
  const bytes = countBytes(manifest);
  if (bytes > MAX_MANIFEST_BYTES) reportTooLarge(source, bytes, problems);
  const values = countValues(manifest);
  if (values <= MAX_NODES) return;
  const message = `With its defaults repeated in every item, the manifest has ${values.toLocaleString('en')} values.`;
  const fix = `The limit is ${MAX_NODES.toLocaleString('en')}. Use less metadata, or split the manifest into two batches.`;
  problems.add({ source, offset: 0 }, { code: 'too-large', message, fix });
}

/** Bytes of the stored text; without its white space if they alone exceed the limit: a text of 400 MB would be built. */
function countBytes(manifest: Manifest): number {
  const least = manifest.items.reduce((sum, item) => sum + Buffer.byteLength(JSON.stringify(item)), 0);
  return least > MAX_MANIFEST_BYTES ? least : Buffer.byteLength(serialiseManifest(manifest));
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + countValues(child), 1);
}
