import type { Client } from '@temporalio/client';
import { type BatchProgress, type BatchState, WORKFLOW_TYPE, workflowIdOf } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import { currentProgress } from './progress.ts';
import { storedBatches, storedProgress } from './stored.ts';

export interface ListChoice {
  /** Only batches in this state. */
  state?: BatchState;
  /** At most this many. */
  limit?: number;
  /** Where the page before ended: its `next`. */
  after?: string;
}

export interface BatchPage {
  batches: BatchProgress[];
  /** Pass as `after` for the next page; absent on the last one. */
  next?: string;
}

const LIMIT = 100;

/** The batches of a store in the order of their ids: each with the running workflow's word, else the store's. */
export async function listBatches(
  client: Client | undefined,
  store: Store,
  choice: ListChoice = {},
): Promise<BatchPage> {
  const { state, limit = LIMIT, after = '' } = choice;
  const running = client ? await runningIds(client) : new Set<string>();
  const batches: BatchProgress[] = [];
  for (const id of await storedBatches(store)) {
    if (id <= after) continue;
    const isRunning = client !== undefined && running.has(workflowIdOf(id));
    const progress = isRunning ? await currentProgress(client, store, id) : await storedProgress(store, id);
    if (!progress || (state && progress.state !== state)) continue;
    if (batches.length === limit) return { batches, next: batches.at(-1)?.batchId ?? id };
    batches.push(progress);
  }
  return { batches };
}

async function runningIds(client: Client): Promise<Set<string>> {
  const ids = new Set<string>();
  const query = `WorkflowType = '${WORKFLOW_TYPE}' AND ExecutionStatus = 'Running'`;
  for await (const { workflowId } of client.workflow.list({ query })) ids.add(workflowId);
  return ids;
}
