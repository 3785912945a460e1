import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchOptions, checkBatchId, HummingbatchError } from '../contract/index.ts';
import { STORE_FILE } from '../contract/places.ts';
import { deriveBatchId, manifestError, readManifest } from '../manifest/index.ts';
import { findMissingReferences } from '../store/references.ts';
import type { Store } from '../store/store.ts';
import type { MakeImagesOptions } from './make-images-options.ts';
import { openStoreAt } from './open-store.ts';

/**
 * Reads a manifest without making a store, and refuses one that may cost any amount.
 *
 * @returns what starts the batch, and the store where there is one
 * @throws `manifest-invalid`, and `usage` without a budget
 */
export async function readBudgetedManifest(options: MakeImagesOptions) {
  const { manifest: written, folder = '.', maxCostUsd } = options;
  const store = await existingStore(options.store);
  const read = await readManifest(
    typeof written === 'string'
      ? written
      : { file: join(folder, 'manifest'), format: 'json', content: JSON.stringify(written, null, 2) },
    { findMissing: (sha256s) => findMissingReferences(store, sha256s) },
  );
  if (!read.ok) throw manifestError(read.problems);
  const { manifest, fingerprint, references } = read;
  const run: Partial<BatchOptions> = {
    ...options.options,
    ...(maxCostUsd !== undefined && { maxCostUsd }),
  };
  requireBudget(run.maxCostUsd ?? manifest.run.maxCostUsd);
  const batchId = options.batchId ?? deriveBatchId(manifest.name, fingerprint);
  checkBatchId(batchId);
  return { store, request: { manifest, fingerprint, references, batchId, options: run } };
}

function requireBudget(maxCostUsd: number | undefined): void {
  const fix =
    'Set `maxCostUsd`, in the options or in the manifest’s `run` block, to the most it may cost in USD.';
  if (maxCostUsd === undefined)
    throw new HummingbatchError('usage', 'makeImages needs a budget, and there is none.', { fix });
  if (!Number.isFinite(maxCostUsd) || maxCostUsd < 0)
    throw new HummingbatchError('usage', `The budget ${maxCostUsd} is not a valid amount.`, { fix });
}

async function existingStore(store: string | Store): Promise<Store | undefined> {
  if (typeof store !== 'string') return store;
  const isThere = await stat(join(store, STORE_FILE)).then(
    (found) => found.isFile(),
    () => false,
  );
  return isThere ? openStoreAt(store) : undefined;
}
