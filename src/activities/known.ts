import { HummingbatchError } from '../contract/errors.ts';
import type { KnownBatch } from '../contract/known.ts';
import { findLost, storeBehind } from '../store/behind.ts';
import type { Store } from '../store/store.ts';
import { NonRetryableError } from './failure.ts';
import { answerPermit, takePermit, toDisplayName } from './permits.ts';
import type { Expected } from './types.ts';

/** @throws `store-behind` where the store lacks some of it; `store-missing`, at once, where the store is not there */
export async function requireKnown(
  store: Store,
  batchId: string,
  { collected, ...known }: Expected,
): Promise<void> {
  const lost = await findLost(store, batchId, known, collected).catch((error: unknown) => {
    // A disk that was taken away comes back by hand: the stop shows it now, and not after all attempts.
    if (error instanceof HummingbatchError && error.code === 'store-missing')
      throw new NonRetryableError(error, error.message);
    throw error;
  });
  if (lost) throw storeBehind(store, batchId, lost);
}

/**
 * Writes the permits of a round that the store has lost, so that a search finds their jobs, or an operator says what became of them,
 * before another job is made.
 */
export async function restorePermits(
  store: Store,
  { batchId, round }: { batchId: string; round: number },
  { nonce, permits }: KnownBatch,
  now: () => number,
): Promise<void> {
  for (const { round: other, submission, worstUsd, job } of permits) {
    if (other !== round) continue;
    const displayName = toDisplayName(batchId, nonce, round, submission);
    const permit = { displayName, at: now(), ...(worstUsd !== undefined && { worstUsd }) };
    await takePermit(store, batchId, round, submission, permit);
    if (job) await answerPermit(store, batchId, round, submission, { job });
  }
}
