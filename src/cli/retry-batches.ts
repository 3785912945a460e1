import pMap from 'p-map';
import type { Hummingbatch } from '../client/index.ts';
import { type BatchProgress, HummingbatchError, type RetrySelector } from '../contract/index.ts';
import { known } from './render/output.ts';
import { formatState } from './render/summary.ts';

/** Batches that are retried at once: each is a task for the worker. */
const TOGETHER = 8;

/** The result for one batch of several. */
export interface RetryOutcome {
  batchId: string;
  retried: boolean;
  error?: HummingbatchError;
}

/** Retries each batch that is still in the state that was shown. */
export function retryBatches(
  hummingbatch: Pick<Hummingbatch, 'batch'>,
  batches: readonly BatchProgress[],
  choice: RetrySelector,
): Promise<RetryOutcome[]> {
  return pMap(
    batches,
    async (shown) => {
      const { batchId } = shown;
      const batch = hummingbatch.batch(batchId);
      try {
        requireAsShown(shown, await batch.status());
        await batch.retry(choice);
        return { batchId, retried: true };
      } catch (error) {
        return { batchId, retried: false, error: known(error) };
      }
    },
    { concurrency: TOGETHER },
  );
}

/** The batch may have changed since the person confirmed: to an unknown submission, or an end whose retry is paid. */
function requireAsShown(shown: BatchProgress, { batchId, state, stop }: BatchProgress): void {
  if (state === shown.state && stop?.code === shown.stop?.code) return;
  throw new HummingbatchError(
    'wrong-state',
    `The batch ${batchId} is ${formatState(state)} now, and was not retried.`,
    {
      fix: 'Check where it stands, then run the command again.',
      actions: [{ action: 'status', batchId }],
    },
  );
}
