import {
  allHandlersFinished,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { Prepared, PrepareInput } from '../activities/types.ts';
import type { BatchResult, ImageBatchInput } from '../contract/index.ts';
import { FIRST_RUN_MEMO } from '../contract/known.ts';
import { Batch } from './batch.ts';
import { settleCancelled } from './cancel.ts';
import type { Carried } from './carried.ts';
import { continueNow } from './continue.ts';
import { failure } from './failure.ts';
import { handleMessages } from './messages.ts';
import { notify } from './notify.ts';
import { reportBatch } from './report.ts';
import { AcceptedIncomplete, retryUntilResolved, waitStopped } from './retry-until-resolved.ts';
import { runRound } from './round.ts';
import { saveBatchProgress } from './save-progress.ts';
import { waitForOperator } from './wait-for-operator.ts';

/**
 * A durable batch: prepare, perhaps wait for approval, then rounds of stage, submit, wait and collect until no output is
 * worth a retry, then the report.
 *
 * It ends as completed with a {@link BatchResult}, as cancelled after a cancellation (or as completed with a result that says
 * CANCELLED, where it continued as a new run since), and as failed only for an invalid input or manifest, or a refused approval.
 * A failure that retries do not fix stops it (NEEDS_ATTENTION) until an operator decides.
 */
export async function imageBatch(input: ImageBatchInput, carried?: Carried): Promise<BatchResult> {
  const batch = new Batch(input, workflowInfo().startTime, carried);
  handleMessages(batch);
  let isAskedToCancel = false;
  // With an open submission a stop waits outside the cancelled scope, so the request has to be recorded.
  CancellationScope.current().cancelRequested.catch(() => {
    isAskedToCancel = true;
    if (!batch.cancelling) batch.requests.cancel = true;
  });
  try {
    return await run(batch);
  } catch (error) {
    if (!isCancellation(error)) throw error;
    const result = await CancellationScope.nonCancellable(() => settleCancelled(batch));
    // A run that was not itself asked to cancel cannot close as cancelled: an earlier one was. Its result says so.
    if (isAskedToCancel) throw error;
    return result;
  } finally {
    if (batch.shouldNotifyEnd) await notify(batch, 'batch.ended');
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  }
}

async function run(batch: Batch): Promise<BatchResult> {
  try {
    let prepared = await prepareBatch(batch);
    if (prepared.finished) return prepared.finished;
    if (batch.cancelling) throw toCancelled(batch, prepared);
    if (batch.stopBefore) await waitStopped(batch, batch.stopBefore, true);
    await waitForApproval(batch, prepared);
    let next = prepared.next;
    while (next) {
      ({ next } = await runRound(batch, next));
      // The round of an earlier run is settled; now the outputs of this retry follow.
      if (prepared.retryFollows) {
        prepared = await prepareBatch(batch);
        next = prepared.next;
      }
    }
  } catch (error) {
    if (!(error instanceof AcceptedIncomplete)) throw error;
    batch.note('An operator ended the batch with the outputs that were finished.');
    batch.noteLeftBehind();
  }
  return reportBatch(batch, 'ended');
}

/** An earlier run of the workflow was asked to cancel: this one continues to settle its open round. */
function toCancelled(batch: Batch, { next }: Prepared): CancelledFailure {
  if (next) batch.update({ round: next.round });
  batch.sent = next && batch.known.mayHaveJob(next) ? next.round : 0;
  return new CancelledFailure('The batch was cancelled.');
}

/** What the client that started the batch wrote into the memo: the manifest's fingerprint, and that Temporal had no run of the batch. */
function readStart(): Pick<PrepareInput, 'fingerprint' | 'isFirstRun'> {
  const { memo = {}, runId, firstExecutionRunId } = workflowInfo();
  const { fingerprint, [FIRST_RUN_MEMO]: isFirstRun } = memo;
  return {
    ...(typeof fingerprint === 'string' && { fingerprint }),
    // A run that continues or resets another has its memo.
    ...(isFirstRun === true && runId === firstExecutionRunId && { isFirstRun }),
  };
}

async function prepareBatch(batch: Batch): Promise<Prepared> {
  batch.enter('PREPARING');
  const prepared = await retryUntilResolved(batch, 'prepare', () =>
    batch.run('prepare', 'before the first round: read and check the manifest', {
      ...batch.base,
      input: batch.currentInput,
      startedAt: Date.parse(batch.progress.startedAt),
      ...readStart(),
      ...(batch.known.batch && { before: batch.known.batch }),
      ...(batch.known.mayRestore && { mayRestore: true }),
    }),
  );
  batch.known.take(prepared.known);
  // Only the first time: the budget may have been changed during the round of an earlier run.
  if (prepared.options && !batch.prepared) batch.adoptOptions(prepared.options);
  batch.prepared = prepared;
  batch.firstRound = prepared.firstRound;
  batch.update({ model: prepared.model });
  batch.noteStanding(prepared, prepared.estimatedUsd);
  if (prepared.finished) batch.endUncounted(prepared.finished.state);
  return prepared;
}

/** Above `approveAboveUsd` the batch waits for an operator, without a time limit. */
async function waitForApproval(batch: Batch, { estimatedUsd, next }: Prepared): Promise<void> {
  const { approveAboveUsd } = batch.options;
  if (approveAboveUsd === undefined || !next || next.round > 1 || next.submitted) return;
  if (estimatedUsd !== undefined && estimatedUsd <= approveAboveUsd) return;
  if (batch.requests.approval) return;
  batch.enter('AWAITING_APPROVAL');
  saveBatchProgress(batch);
  if (!batch.isApprovalAsked) await notify(batch, 'batch.awaiting-approval');
  batch.isApprovalAsked = true;
  const isAnswered = () => batch.requests.approval !== undefined;
  await waitForOperator(
    () => isAnswered() || batch.history.isLong,
    'waiting for approval: the estimate is above approveAboveUsd',
  );
  if (!isAnswered()) await continueNow(batch);
  if (batch.requests.approval) return;
  await retryUntilResolved(batch, 'approve', async () => {
    throw failure('approval-refused', `The batch ${batch.id} was not approved.`);
  });
}
