import type { Item, Manifest } from '../contract/manifest.ts';
import type { OutputRecord } from '../contract/record.ts';
import { groupBy } from './group.ts';
import { parseOutputId } from './plan.ts';

/**
 * Builds a manifest of the outputs without an image, which can be run as it is: the same keys, `count` the number
 * missing of each, only the references still in use, `parent` the batch it comes from. Undefined where nothing is
 * missing.
 *
 * A seed starts at the first missing output (`seed + n - 1`), so that no existing image is made again. Where the
 * missing outputs are not consecutive, the later ones get other seeds than before.
 */
export function buildFailedManifest(
  manifest: Manifest,
  records: readonly OutputRecord[],
  batchId: string,
): Manifest | undefined {
  const missing = groupBy(
    records.filter((record) => record.outcome !== 'image'),
    (record) => record.key,
  );
  const items = manifest.items.flatMap((item) => keepMissing(item, missing.get(item.key) ?? []));
  if (items.length === 0) return undefined;
  const used = new Set(items.flatMap((item) => item.references));
  const references = Object.fromEntries(
    Object.entries(manifest.references).filter(([name]) => used.has(name)),
  );
  return { ...manifest, references, items, parent: batchId };
}

function keepMissing(item: Item, missing: readonly OutputRecord[]): Item[] {
  if (missing.length === 0) return [];
  const reduced = { ...item, count: missing.length };
  const firstN = Math.min(...missing.map(({ output }) => parseOutputId(output)?.n ?? 1));
  return [item.seed === undefined ? reduced : { ...reduced, seed: (item.seed + firstN - 1) | 0 }];
}
