import type { Hummingbatch } from '../client/index.ts';
import type { BatchProgress } from '../contract/index.ts';

/** How long what was seen of a batch is told to others, ms: nobody sees the difference, and Temporal is asked ten times a second at most. */
const GOOD_FOR_MS = 100;

/** Looks at batches for all who ask: 200 readers cost what one does. */
export interface ProgressCache {
  /** Where it stands, or stood {@link GOOD_FOR_MS} ago. */
  get(batchId: string): Promise<BatchProgress>;
  /** Where it stands after it was told something. */
  refresh(batchId: string): Promise<BatchProgress>;
}

export function createProgressCache(hummingbatch: Hummingbatch): ProgressCache {
  const seen = new Map<string, Promise<BatchProgress>>();

  function refresh(batchId: string): Promise<BatchProgress> {
    const look = hummingbatch.batch(batchId).status();
    seen.set(batchId, look);
    const forget = () => void (seen.get(batchId) === look && seen.delete(batchId));
    look.then(() => setTimeout(forget, GOOD_FOR_MS).unref(), forget);
    return look;
  }

  return { get: (batchId) => seen.get(batchId) ?? refresh(batchId), refresh };
}
