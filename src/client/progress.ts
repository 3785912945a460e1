import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import {
  type BatchProgress,
  type EndState,
  isEnd,
  progressQuery,
  type Stop,
  toWorkflowId,
} from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import { findBehind } from './behind.ts';
import { toClientError } from './errors.ts';
import { lastRun } from './last-run.ts';
import { unknownBatch } from './near.ts';
import { storedProgress } from './stored.ts';
import { orNoWorker } from './worker-check.ts';

/** The state of a batch whose workflow ended without a report. A terminated one can be started again. */
const ENDS: Record<string, EndState> = {
  COMPLETED: 'COMPLETED',
  CANCELLED: 'CANCELLED',
  FAILED: 'FAILED',
  TERMINATED: 'FAILED',
  TIMED_OUT: 'FAILED',
};

/**
 * Where a batch stands: the running workflow's answer, else the store's report, else how Temporal saw it end. A batch that has ended, and
 * of which the store lost what Temporal knows, is FAILED with the stop `store-behind`.
 *
 * @throws `batch-unknown` where neither Temporal nor the store knows it
 */
export async function currentProgress(client: Client, store: Store, batchId: string): Promise<BatchProgress> {
  const run = await lastRun(client, batchId);
  const handle = client.workflow.getHandle(toWorkflowId(batchId));
  if (run?.status === 'RUNNING')
    return orNoWorker(client, run.taskQueue, handle.query<BatchProgress>(progressQuery));

  const stored = await storedProgress(store, batchId);
  const behind = run && (await findBehind(handle, store, { batchId, run, stored }));
  if (behind) return behind;
  if (!stored) throw await unknownBatch(store, batchId);
  const end = run && ENDS[run.status];
  if (!end || isEnd(stored.state)) return stored;
  const stop = end === 'FAILED' ? await findReason(handle, batchId) : undefined;
  // A batch that was cancelled before it was prepared has written no end.
  const endedAt = stored.endedAt ?? run.closedAt;
  return { ...stored, state: end, ...(endedAt && { endedAt }), ...(stop && { stop }) };
}

async function findReason(handle: WorkflowHandle, batchId: string): Promise<Stop | undefined> {
  try {
    await handle.result();
    return undefined;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { code, message, fix, actions } = toClientError(error, batchId);
    return { step: 'prepare', code, message, fix, actions, since: new Date().toISOString() };
  }
}
