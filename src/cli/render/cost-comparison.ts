import { stat } from 'node:fs/promises';
import { estimate } from '../../batch/cost.ts';
import { type CostComparison, compareCosts } from '../../batch/cost-comparison.ts';
import { formatUsd } from '../../batch/money.ts';
import { HummingbatchError } from '../../contract/index.ts';
import { durationMs } from '../../manifest/index.ts';
import type { ReadyManifest } from '../manifest.ts';

/** The cost of a manifest's batch, and the bytes to upload. */
export interface ManifestCosts extends CostComparison {
  uploadBytes: number;
}

/** @throws `usage` for an invalid duration */
export async function compareManifestCosts(
  { manifest, references }: ReadyManifest,
  within: string | undefined,
): Promise<ManifestCosts> {
  const withinMs = within === undefined ? undefined : durationMs(within);
  if (within !== undefined && withinMs === undefined) {
    throw new HummingbatchError('usage', `--within ${within} is not a valid duration.`, {
      fix: 'Write it as 90m or 6h.',
    });
  }
  const sizes = await Promise.all(references.map(async ({ path }) => (await stat(path)).size));
  return {
    ...compareCosts(estimate(manifest), { ...(withinMs !== undefined && { withinMs }) }),
    uploadBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

/** The lines that are shown before anything is paid. */
export function describeCosts({ outputs, uploadBytes, sentences }: ManifestCosts): string {
  const what = `${outputs} ${outputs === 1 ? 'output' : 'outputs'}, ${formatBytes(uploadBytes)} of references to upload.`;
  return [what, ...sentences].join('\n');
}

/** The price in the question to a person. */
export function describePrice({ price }: CostComparison): string {
  return price ? formatUsd(price.batchUsd) : 'an unknown price';
}

const UNITS = ['B', 'kB', 'MB', 'GB'] as const;

export function formatBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const amount = bytes / 1000 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${UNITS[power]}`;
}
