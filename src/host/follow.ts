import type { Client } from '@temporalio/client';
import { type Hummingbatch, saveProgress } from '../client/index.ts';
import { type BatchProgress, HummingbatchError, isEnd } from '../contract/index.ts';
import type { Store } from '../store/store.ts';
import { waitForDeliveries } from './wait-for-deliveries.ts';

interface FollowOptions {
  hummingbatch: Hummingbatch;
  store: Store;
  client: Client;
  /** The only worker is in this process, which must not end before the batch's webhooks are out. */
  ownsWorker: boolean;
}

/**
 * Every change of a batch, until it ends or waits for an operator. Each is saved in the store first, so that the batch can be
 * shown while no Temporal runs.
 *
 * @param signal ends it by throwing its reason
 */
export async function* followUntilIdle(
  { hummingbatch, store, client, ownsWorker }: FollowOptions,
  batchId: string,
  signal: AbortSignal,
): AsyncGenerator<BatchProgress, void, undefined> {
  for await (const progress of hummingbatch.batch(batchId).progress(signal)) {
    await saveProgress(store, progress);
    signal.throwIfAborted();
    if (isIdle(progress) && ownsWorker) await waitForDeliveries(client, batchId);
    yield progress;
    if (isIdle(progress)) return;
  }
  throw new HummingbatchError('internal', `The batch ${batchId} ended without a state.`);
}

/** It has ended, or waits for an operator. */
export function isIdle({ state }: BatchProgress): boolean {
  return isEnd(state) || state === 'NEEDS_ATTENTION' || state === 'AWAITING_APPROVAL';
}
