import type { Hummingbatch } from '../client/index.ts';
import type { BatchProgress } from '../contract/index.ts';

export type Look = (batchId: string) => Promise<BatchProgress>;

/** A look at a batch that all share who ask for it while it is under way: 200 readers cost what one does. */
export function createLook(hummingbatch: Hummingbatch): Look {
  const underWay = new Map<string, Promise<BatchProgress>>();
  return (batchId) => {
    const known = underWay.get(batchId);
    if (known) return known;
    const look = hummingbatch
      .batch(batchId)
      .status()
      .finally(() => underWay.delete(batchId));
    underWay.set(batchId, look);
    return look;
  };
}
