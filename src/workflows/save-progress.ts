import { isCancellation, log, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Batch } from './batch.ts';
import { findReason } from './failure.ts';

/** A local activity: it is no step of the batch's story, and costs one event. */
const { saveProgress } = proxyLocalActivities<Pick<Activities, 'saveProgress'>>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
});

/**
 * Keeps in the store that the batch will stand like this for a while. It goes on meanwhile: perhaps the store is what it has
 * stopped for.
 */
export function saveBatchProgress({ id, base, progress, options, prepared }: Batch): void {
  // Whose batch this is has to be known, or a foreign worker would keep it in a store of its own.
  if (!prepared && !options.store) return;
  saveProgress({ ...base, progress, options }).catch((error: unknown) => {
    if (!isCancellation(error))
      log.warn('not kept in the store', { batch: id, code: findReason(error).code });
  });
}
