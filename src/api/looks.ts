import type { Hummingbatch } from '../client/index.ts';
import type { BatchProgress } from '../contract/index.ts';

/** How long what was seen of a batch is told to others, ms: nobody sees the difference, and Temporal is asked ten times a second at most. */
const GOOD_FOR_MS = 100;

/** Looks at batches for all who ask: 200 readers cost what one does. */
export interface Looks {
  /** Where it stands, or stood {@link GOOD_FOR_MS} ago. */
  at(batchId: string): Promise<BatchProgress>;
  /** Where it stands after it was told something. */
  anew(batchId: string): Promise<BatchProgress>;
}

export function createLooks(hummingbatch: Hummingbatch): Looks {
  const seen = new Map<string, Promise<BatchProgress>>();

  function anew(batchId: string): Promise<BatchProgress> {
    const look = hummingbatch.batch(batchId).status();
    seen.set(batchId, look);
    const forget = () => void (seen.get(batchId) === look && seen.delete(batchId));
    look.then(() => setTimeout(forget, GOOD_FOR_MS).unref(), forget);
    return look;
  }

  return { at: (batchId) => seen.get(batchId) ?? anew(batchId), anew };
}
