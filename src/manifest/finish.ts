import type { Manifest, ReferenceSource } from '../contract/manifest.ts';
import { serialiseManifest } from './canonical.ts';
import type { Draft } from './draft.ts';
import { MAX_MANIFEST_BYTES, MAX_NODES } from './limits.ts';
import { normalise } from './normalise.ts';
import type { Report } from './report.ts';
import type { ManifestInput } from './schema.ts';
import { reportTooLarge } from './text.ts';
import type { Tree } from './tree.ts';

/** The normalised manifest, if no problem was reported. */
export function finishManifest(
  { tree, draft }: { tree: Tree; draft: Draft },
  toSource: (written: string) => ReferenceSource,
  problems: Report,
): Manifest | undefined {
  if (!problems.isEmpty()) return undefined;
  const manifest = normalise(draft as ManifestInput, toSource);
  checkGrowth(tree, manifest, problems);
  return problems.isEmpty() ? manifest : undefined;
}

/** Normalising repeats the defaults in every item. The result must fit the same limits, or the store's copy could not be read. */
function checkGrowth({ source }: Tree, manifest: Manifest, problems: Report): void {
  const bytes = Buffer.byteLength(serialiseManifest(manifest));
  if (bytes > MAX_MANIFEST_BYTES) reportTooLarge(source, bytes, problems);
  const values = countValues(manifest);
  if (values <= MAX_NODES) return;
  const message = `With its defaults repeated in every item, the manifest has ${values.toLocaleString('en')} values.`;
  const fix = `The limit is ${MAX_NODES.toLocaleString('en')}. Use less metadata, or split the manifest into two batches.`;
  problems.add({ source, offset: 0 }, { code: 'too-large', message, fix });
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, child) => sum + countValues(child), 1);
}
