import { WorkflowNotFoundError } from '@temporalio/client';
import { storedOptions, storedProgress, unknownBatch } from '../client/index.ts';
import { type BatchProgress, isEnd, toWorkflowId } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { parseStored } from '../manifest/stored.ts';
import type { Store } from '../store/store.ts';
import type { Session } from './session.ts';

/** The progress of a batch in the store. @throws `batch-unknown` with similar ids */
export async function requireStored(store: Store, batchId: string): Promise<BatchProgress> {
  const stored = await storedProgress(store, batchId);
  if (!stored) throw await unknownBatch(store, batchId);
  return stored;
}

/**
 * Starts the workflow of an open batch that has none: where Temporal's database was lost or replaced, the store knows where the
 * batch stood and a new workflow continues from there.
 */
export async function takeUp(session: Session, batchId: string): Promise<void> {
  const { store, client, hummingbatch } = session;
  const { state } = await requireStored(store, batchId);
  if (isEnd(state) || (await hasWorkflow(client, batchId))) return;
  const { manifest: uri } = batchPlaces(batchId);
  const bytes = await store.get(uri);
  if (!bytes) return;
  const options = await storedOptions(store, batchId);
  await hummingbatch.startNormalised({ manifest: parseStored(bytes, uri), batchId, options });
}

async function hasWorkflow(client: Session['client'], batchId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(toWorkflowId(batchId)).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
