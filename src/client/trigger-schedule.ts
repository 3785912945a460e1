import { setTimeout as pause } from 'node:timers/promises';
import type { ScheduleHandle } from '@temporalio/client';
import { toFiringBatchId } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Store } from '../store/store.ts';
import { lastFiring, type SeenSchedule } from './list-schedules.ts';
import type { Triggered } from './schedule-types.ts';

/** Less than the deadline of a call. */
const WAIT_MS = 4_000;
const POLL_INTERVAL_MS = 100;

/**
 * The batch of a firing that was just triggered. Temporal fires a moment later, and a worker then puts the batch into the store,
 * which makes it known to `status`. Where another firing had the same second there is no new one, and that firing's batch is it.
 */
export async function awaitFiring(
  store: Store,
  handle: ScheduleHandle,
  { info, memo }: SeenSchedule,
): Promise<Triggered> {
  const until = Date.now() + WAIT_MS;
  const last = await before(until, async () => {
    const now = (await handle.describe()).info;
    return now.numActionsTaken > info.numActionsTaken && lastFiring(now);
  });
  if (!last) return {};
  const batchId = toFiringBatchId(memo.name, last);
  // Without a worker the batch is not in the store yet, but the schedule has fired.
  await before(until, () => store.head(batchPlaces(batchId).manifest));
  return { batchId };
}

/** The first answer that is not empty; undefined where there is none in time. */
async function before<T>(until: number, find: () => Promise<T | undefined | false>): Promise<T | undefined> {
  for (; Date.now() < until; await pause(POLL_INTERVAL_MS)) {
    const found = await find();
    if (found) return found;
  }
  return undefined;
}
