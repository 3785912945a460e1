import { log } from '@temporalio/workflow';
import type { BatchResult } from '../contract/index.ts';
import type { Batch } from './batch.ts';
import { findReason } from './failure.ts';
import { retryUntilResolved } from './retry-until-resolved.ts';

/** Writes the records and the report, and deletes the uploads at Google: the last step of a batch. */
export async function reportBatch(batch: Batch, state: 'ended' | 'cancelled'): Promise<BatchResult> {
  const { input, prepared, progress, notes } = batch;
  batch.enter('REPORTING');
  // An operator let it continue with a store that does not know any more which outputs those rounds were for.
  for (const job of batch.known.forgetAfter(progress.round))
    batch.note(`The job ${job} was not collected: the store has lost what it was for.`);
  const result = await retryUntilResolved(batch, 'report', () =>
    batch.run('report', `after round ${progress.round}: write the records and the report`, {
      ...batch.stored,
      state,
      options: batch.options,
      ...(prepared?.estimatedUsd !== undefined && { estimatedUsd: prepared.estimatedUsd }),
      startedAt: Date.parse(progress.startedAt),
      jobs: progress.jobs,
      notes,
      ...(input.retry && { retryId: input.retry.id }),
    }),
  );
  await cleanUp(batch);
  const { outputs, costUsd } = result;
  batch.end(result.state, { outputs, costUsd });
  return result;
}

/** Files left at Google cost nothing and are deleted after 48 h, so a failure here does not stop the batch. */
async function cleanUp(batch: Batch): Promise<void> {
  try {
    await batch.run('cleanUp', 'delete the uploads at Google', batch.base);
  } catch (error) {
    log.warn('the uploads could not be deleted at Google', {
      batch: batch.id,
      code: findReason(error).code,
    });
  }
}
