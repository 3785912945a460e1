import type { Hummingbatch } from '../client/index.ts';
import type { BatchProgress } from '../contract/index.ts';

/** How long an answer is reused, ms. Temporal is asked at most ten times a second for each batch. */
const MAX_AGE_MS = 100;

/** Shares the progress of a batch among its readers: 200 of them cost as many queries as one. */
export interface ProgressCache {
  /** Its progress, at most {@link MAX_AGE_MS} old. */
  get(batchId: string): Promise<BatchProgress>;
  /** Its progress after an operation changed it. */
  refresh(batchId: string): Promise<BatchProgress>;
}

export function createProgressCache(hummingbatch: Hummingbatch): ProgressCache {
  const cached = new Map<string, Promise<BatchProgress>>();

  function refresh(batchId: string): Promise<BatchProgress> {
    const progress = hummingbatch.batch(batchId).status();
    cached.set(batchId, progress);
    const expire = () => void (cached.get(batchId) === progress && cached.delete(batchId));
    progress.then(() => setTimeout(expire, MAX_AGE_MS).unref(), expire);
    return progress;
  }

  return { get: (batchId) => cached.get(batchId) ?? refresh(batchId), refresh };
}
