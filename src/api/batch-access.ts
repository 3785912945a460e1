import { storedProgress } from '../client/index.ts';
import { type BatchProgress, HummingbatchError, isBatchId } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import type { ProgressCache } from './progress-cache.ts';
import { type Caller, tokenLabel } from './tokens.ts';

/** Whether a caller may know of a batch. */
export function mayAccess(
  caller: Caller | undefined,
  { labels = [] }: Pick<BatchProgress, 'labels'>,
): boolean {
  return !caller?.ownOnly || labels.includes(tokenLabel(caller));
}

/** Of a batch that is another's a caller hears what it hears of one that is not there. */
export function noSuchBatch(batchId: string): HummingbatchError {
  return new HummingbatchError('batch-unknown', `There is no batch ${batchId.slice(0, 100)}.`);
}

/** Where a batch stands. @throws `batch-unknown` where the caller may not know of it, and what the look throws */
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
    // Its own words name what lies near, and where: neither is for every caller.
    if (!(error instanceof HummingbatchError && error.code === 'batch-unknown')) throw error;
  }
  throw noSuchBatch(batchId);
}

/** What the store says of a batch, for what needs nothing else. @throws `batch-unknown` */
export async function getStored(
  caller: Caller | undefined,
  store: Store,
  batchId: string,
): Promise<BatchProgress> {
  const stored = isBatchId(batchId) ? await storedProgress(store, batchId) : undefined;
  if (!stored || !mayAccess(caller, stored)) throw noSuchBatch(batchId);
  return stored;
}
