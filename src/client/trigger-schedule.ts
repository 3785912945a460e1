import { setTimeout as pause } from 'node:timers/promises';
import type { ScheduleHandle } from '@temporalio/client';
import { toFiringBatchId } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Store } from '../store/store.ts';
import { lastFiring, type SeenSchedule } from './list-schedules.ts';
import type { Triggered } from './schedule-types.ts';

/** Under the deadline of a call. */
const LOOK_FOR_MS = 4_000;
const LOOK_EVERY_MS = 100;

/**
 * The batch of a firing that was just asked for: Temporal takes the wish and fires a moment later, and a worker then puts the batch
 * into the store, from where on it can be followed. Where another firing had this second none follows, and that one is meant.
 */
export async function awaitFiring(
  store: Store,
  handle: ScheduleHandle,
  { info, memo }: SeenSchedule,
): Promise<Triggered> {
  const until = Date.now() + LOOK_FOR_MS;
  const last = await before(until, async () => {
    const now = (await handle.describe()).info;
    return now.numActionsTaken > info.numActionsTaken && lastFiring(now);
  });
  if (!last) return {};
  const batchId = toFiringBatchId(memo.name, last);
  // Without a worker it is not there yet, and fired all the same.
  await before(until, () => store.head(batchPlaces(batchId).manifest));
  return { batchId };
}

/** What it says as soon as it says something; undefined where that takes too long. */
async function before<T>(until: number, look: () => Promise<T | undefined | false>): Promise<T | undefined> {
  for (; Date.now() < until; await pause(LOOK_EVERY_MS)) {
    const found = await look();
    if (found) return found;
  }
  return undefined;
}
