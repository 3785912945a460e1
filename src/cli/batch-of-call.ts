import { WorkflowNotFoundError } from '@temporalio/client';
import { storedBatches, storedProgress } from '../client/index.ts';
import { type BatchProgress, HummingbatchError, isEnd, workflowIdOf } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { parseStored } from '../manifest/stored.ts';
import { nearest } from '../manifest/suggest.ts';
import type { Store } from '../store/store.ts';
import type { Session } from './session.ts';

/** More near ids than this help nobody. */
const MOST_NEAR = 3;

/** What the store says of a batch. @throws `batch-unknown` naming ids that are near */
export async function requireStored(store: Store, batchId: string): Promise<BatchProgress> {
  const stored = await storedProgress(store, batchId);
  if (stored) return stored;
  const near = nearIds(batchId, await storedBatches(store));
  throw new HummingbatchError('batch-unknown', `There is no batch ${batchId} in ${store.location}.`, {
    ...(near.length > 0 && { fix: `Did you mean ${near.join(' or ')}?` }),
  });
}

/**
 * Makes sure that an open batch has its workflow: where Temporal's database was lost or replaced, the store knows where the
 * batch stood and a new workflow goes on from there.
 */
export async function takeUp(session: Session, batchId: string): Promise<void> {
  const { store, client, hummingbatch } = session;
  const { state } = await requireStored(store, batchId);
  if (isEnd(state) || (await hasWorkflow(client, batchId))) return;
  const { manifest: uri } = batchPlaces(batchId);
  const bytes = await store.get(uri);
  if (bytes) await hummingbatch.start({ manifest: parseStored(bytes, uri), batchId });
}

async function hasWorkflow(client: Session['client'], batchId: string): Promise<boolean> {
  try {
    await client.workflow.getHandle(workflowIdOf(batchId)).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

function nearIds(wanted: string, ids: readonly string[]): string[] {
  const alike = nearest(wanted, ids);
  const holding = wanted.length > 1 ? ids.filter((id) => id.includes(wanted)) : [];
  return [...new Set([...(alike ? [alike] : []), ...holding])].slice(0, MOST_NEAR);
}
