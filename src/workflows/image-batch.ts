import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { Prepared } from '../activities/types.ts';
import type { BatchResult, ImageBatchInput } from '../contract/index.ts';
import { Batch } from './batch.ts';
import { settleCancelled } from './cancel.ts';
import { failure } from './failure.ts';
import { handleMessages } from './messages.ts';
import { notify } from './notify.ts';
import { reportBatch } from './report.ts';
import { AcceptedIncomplete, retryUntilResolved } from './retry-until-resolved.ts';
import { runRound } from './round.ts';
import { saveBatchProgress } from './save-progress.ts';
import { waitForOperator } from './wait-for-operator.ts';

/**
 * A durable batch: prepare, perhaps wait for approval, then rounds of stage, submit, wait and collect until no output is
 * worth another try, then the report.
 *
 * It ends as completed with a {@link BatchResult}, as cancelled after a cancellation, and as failed only for a bad
 * manifest or a refused approval. Whatever retries cannot mend stops it (NEEDS_ATTENTION) until somebody says how to go on.
 */
export async function imageBatch(input: ImageBatchInput): Promise<BatchResult> {
  const batch = new Batch(input, workflowInfo().startTime);
  handleMessages(batch);
  // A stop waits outside of cancellation where a submission is open, so it must hear of it in another way.
  CancellationScope.current().cancelRequested.catch(() => {
    if (!batch.cancelling) batch.requests.cancel = true;
  });
  try {
    return await run(batch);
  } catch (error) {
    if (isCancellation(error)) await CancellationScope.nonCancellable(() => settleCancelled(batch));
    throw error;
  } finally {
    if (batch.shouldNotifyEnd) await notify(batch, 'batch.ended');
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

async function run(batch: Batch): Promise<BatchResult> {
  try {
    let prepared = await prepareBatch(batch);
    if (prepared.finished) return prepared.finished;
    await approval(batch, prepared);
    let next = prepared.next;
    while (next) {
      ({ next } = await runRound(batch, next));
      // The round of an earlier run is settled; what this retry is for begins now.
      if (prepared.retryFollows) {
        prepared = await prepareBatch(batch);
        next = prepared.next;
      }
    }
  } catch (error) {
    if (!(error instanceof AcceptedIncomplete)) throw error;
    batch.note('The batch was ended as it was, by a person.');
    batch.noteLeftBehind();
  }
  return reportBatch(batch, 'ended');
}

/** The manifest's fingerprint from the memo, where whoever started the batch wrote it there. */
function readFingerprint(): { fingerprint?: string } {
  const fingerprint = workflowInfo().memo?.['fingerprint'];
  return typeof fingerprint === 'string' ? { fingerprint } : {};
}

async function prepareBatch(batch: Batch): Promise<Prepared> {
  batch.enter('PREPARING');
  const prepared = await retryUntilResolved(batch, 'prepare', () =>
    batch.run('prepare', 'before any round: read and check the manifest', {
      ...batch.base,
      input: batch.inputNow,
      ...readFingerprint(),
    }),
  );
  // Not again after an earlier run's round: the budget may have been changed meanwhile.
  if (prepared.options && !batch.prepared) batch.runAs(prepared.options);
  batch.prepared = prepared;
  batch.firstRound = prepared.firstRound;
  batch.update({
    model: prepared.model,
    outputs: prepared.counts,
    costUsd: { estimated: prepared.estimatedUsd ?? 0, actual: prepared.actualUsd },
  });
  if (prepared.finished) batch.endAsBefore(prepared.finished.state);
  return prepared;
}

/** Above its limit a batch waits for a person, however long that takes. */
async function approval(batch: Batch, { estimatedUsd, next }: Prepared): Promise<void> {
  const { approveAboveUsd } = batch.options;
  if (approveAboveUsd === undefined || !next || next.round > 1 || next.submitted) return;
  if (estimatedUsd !== undefined && estimatedUsd <= approveAboveUsd) return;
  batch.enter('AWAITING_APPROVAL');
  saveBatchProgress(batch);
  await notify(batch, 'batch.awaiting-approval');
  await waitForOperator(
    () => batch.requests.approval !== undefined,
    'waits for approval: the price is above its limit',
  );
  if (batch.requests.approval) return;
  await retryUntilResolved(batch, 'approve', async () => {
    throw failure('approval-refused', `The batch ${batch.id} was not approved.`);
  });
}
