import { storedProgress } from '../client/index.ts';
import { type BatchProgress, HummingbatchError, isBatchId } from '../contract/index.ts';
import { clip } from '../contract/text.ts';
import type { Store } from '../store/store.ts';
import type { ProgressCache } from './progress-cache.ts';
import { type Caller, tokenLabel } from './tokens.ts';

/** Whether a caller may access a batch. */
export function mayAccess(
  caller: Caller | undefined,
  { labels = [] }: Pick<BatchProgress, 'labels'>,
): boolean {
  return !caller?.ownOnly || labels.includes(tokenLabel(caller));
}

/** For what is about the batches of all tokens. @throws `forbidden` for a caller that sees only its own */
export function requireFullAccess(caller: Caller | undefined): void {
  if (!caller?.ownOnly) return;
  throw new HummingbatchError('forbidden', 'This token sees only its own batches.', {
    fix: 'Use a token without `:own`.',
  });
}

/** The same error for a batch of another token as for one that does not exist. */
export function noSuchBatch(batchId: string): HummingbatchError {
  return new HummingbatchError('batch-unknown', `There is no batch ${clip(batchId, 100)}.`);
}

/** The progress of a batch. @throws `batch-unknown` if the caller may not access it, and what reading it throws */
export async function getAccessible(
  caller: Caller | undefined,
  progressCache: ProgressCache,
  batchId: string,
): Promise<BatchProgress> {
  if (!isBatchId(batchId)) throw noSuchBatch(batchId);
  try {
    const progress = await progressCache.get(batchId);
    if (mayAccess(caller, progress)) return progress;
  } catch (error) {
    // Its message and fix name the store's folder and similar ids, which not every caller may see.
    if (!(error instanceof HummingbatchError && error.code === 'batch-unknown')) throw error;
  }
  throw noSuchBatch(batchId);
}

/** The progress of a batch from the store alone. @throws `batch-unknown` if the caller may not access it */
export async function getStored(
  caller: Caller | undefined,
  store: Store,
  batchId: string,
): Promise<BatchProgress> {
  const stored = isBatchId(batchId) ? await storedProgress(store, batchId) : undefined;
  if (!stored || !mayAccess(caller, stored)) throw noSuchBatch(batchId);
  return stored;
}
