import {
  type Client,
  WorkflowFailedError,
  type WorkflowHandle,
  WorkflowNotFoundError,
} from '@temporalio/client';
import {
  type BatchProgress,
  type EndState,
  isEnd,
  progressQuery,
  type Stop,
  workflowIdOf,
} from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import { toClientError, unknownBatch } from './errors.ts';
import { storedProgress } from './stored.ts';

/** How Temporal's end of a workflow without a report reads in our words. A terminated one can be started again. */
const ENDS: Record<string, EndState> = {
  COMPLETED: 'COMPLETED',
  CANCELLED: 'CANCELLED',
  FAILED: 'FAILED',
  TERMINATED: 'FAILED',
  TIMED_OUT: 'FAILED',
};

/**
 * Where a batch stands: the running workflow's own word, else the store's report, else how Temporal saw it end.
 *
 * @throws `batch-unknown` where neither knows of it
 */
export async function currentProgress(client: Client, store: Store, batchId: string): Promise<BatchProgress> {
  const handle = client.workflow.getHandle(workflowIdOf(batchId));
  const status = await workflowStatus(client, batchId);
  if (status === 'RUNNING') return handle.query(progressQuery);

  const stored = await storedProgress(store, batchId);
  if (!stored) throw unknownBatch(batchId);
  const end = status && ENDS[status];
  if (!end || isEnd(stored.state)) return stored;
  const stop = end === 'FAILED' ? await reasonOf(handle, batchId) : undefined;
  return { ...stored, state: end, ...(stop && { stop }) };
}

/** Temporal's own word for the state of the batch's last run; undefined where it knows of none. */
export async function workflowStatus(client: Client, batchId: string): Promise<string | undefined> {
  try {
    return (await client.workflow.getHandle(workflowIdOf(batchId)).describe()).status.name;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

async function reasonOf(handle: WorkflowHandle, batchId: string): Promise<Stop | undefined> {
  try {
    await handle.result();
    return undefined;
  } catch (error) {
    if (!(error instanceof WorkflowFailedError)) throw error;
    const { code, message, fix } = toClientError(error, batchId);
    return { step: 'prepare', code, message, fix, since: new Date().toISOString() };
  }
}
