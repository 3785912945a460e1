import type { Item, Manifest } from '../contract/manifest.ts';
import type { OutputRecord } from '../contract/record.ts';
import { groupBy } from './group.ts';
import { parseOutputId } from './plan.ts';

/**
 * What was not fulfilled, as a manifest that can be run: the same keys, `count` what is missing of each, only the references
 * that are still used, `parent` the batch it comes from. Undefined where nothing is missing.
 *
 * A seed goes on at the first missing output (`seed + n - 1`), so that no image is asked for that is there already; where
 * the missing ones are not in a row, the later seeds are not those they had.
 */
export function failedManifest(
  manifest: Manifest,
  records: readonly OutputRecord[],
  batchId: string,
): Manifest | undefined {
  const missing = groupBy(
    records.filter((record) => record.outcome !== 'image'),
    (record) => record.key,
  );
  const items = manifest.items.flatMap((item) => takeRest(item, missing.get(item.key) ?? []));
  if (items.length === 0) return undefined;
  const used = new Set(items.flatMap((item) => item.references));
  const references = Object.fromEntries(
    Object.entries(manifest.references).filter(([name]) => used.has(name)),
  );
  return { ...manifest, references, items, parent: batchId };
}

function takeRest(item: Item, missing: readonly OutputRecord[]): Item[] {
  if (missing.length === 0) return [];
  const rest = { ...item, count: missing.length };
  const firstN = Math.min(...missing.map(({ output }) => parseOutputId(output)?.n ?? 1));
  return [item.seed === undefined ? rest : { ...rest, seed: (item.seed + firstN - 1) | 0 }];
}
