import { isCancellation, log, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { Batch } from './batch.ts';
import { findReason } from './failure.ts';

/** A local activity: it costs one event and is not shown as a step. */
const { saveProgress } = proxyLocalActivities<Pick<Activities, 'saveProgress'>>({
  startToCloseTimeout: '5s',
  retry: { maximumAttempts: 1 },
});

/**
 * Saves the progress in the store before a long wait. The batch does not wait for it: the store may be the reason of the
 * stop.
 */
export function saveBatchProgress({ id, base, progress, options, prepared }: Batch): void {
  // The store must be known, or a worker with another store would save it there.
  if (!prepared && !options.store) return;
  saveProgress({ ...base, progress, options }).catch((error: unknown) => {
    if (!isCancellation(error))
      log.warn('the progress is not saved in the store', { batch: id, code: findReason(error).code });
  });
}
