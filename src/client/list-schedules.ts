import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import pMap from 'p-map';
import { type Overlap, toFiringBatchId, toScheduleId } from '../contract/index.ts';
import { SCHEDULES } from '../contract/places.ts';
import type { Store } from '../store/store.ts';

/** Descriptions requested at once. */
const TOGETHER = 16;

/** The memo of a schedule: written when it is created, and compared when it is created again. */
export interface ScheduleMemo {
  /** The store's id. */
  store: string;
  name: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  /** Of its manifest's content. */
  fingerprint: string;
  /** Of its run options. */
  run: string;
}

/** A schedule of hummingbatch as Temporal describes it. */
export type SeenSchedule = ScheduleDescription & { memo: Record<string, unknown> & ScheduleMemo };

/** A schedule and its firings. Times are ISO 8601 in UTC. */
export interface ScheduleStatus {
  name: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  paused: boolean;
  /** The next firing; absent where there is none. */
  next?: string;
  /** The last firing and its batch. */
  last?: { batchId: string; at: string };
  /** Firings so far, those by `trigger` included. */
  fired: number;
  /** Firings skipped because the batch of the firing before was still running. */
  skipped: number;
  /** Firings missed because no server ran for more than 10 min after their time. */
  missed: number;
  createdAt: string;
}

/**
 * The schedules of a store, by name. Temporal's list is a second or two behind, and the store has the names of deleted schedules,
 * too. Together they are complete.
 */
export async function listSchedules(client: Client, store: Store): Promise<ScheduleStatus[]> {
  const names = new Set(await store.folders(SCHEDULES));
  for await (const { scheduleId, memo } of client.schedule.list())
    if (memo?.['store'] === store.id) names.add(scheduleId.replace(toScheduleId(''), ''));
  const seen = await pMap([...names].toSorted(), (name) => describe(client, name), { concurrency: TOGETHER });
  return seen
    .filter((schedule) => schedule?.memo.store === store.id)
    .map((schedule) => toStatus(schedule as SeenSchedule));
}

async function describe(client: Client, name: string): Promise<SeenSchedule | undefined> {
  try {
    return (await client.schedule.getHandle(toScheduleId(name)).describe()) as SeenSchedule;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

export function toStatus({ memo, state, info }: SeenSchedule): ScheduleStatus {
  const { name, cron, timezone, overlap } = memo;
  const [next] = info.nextActionTimes;
  const last = lastFiring(info);
  return {
    name,
    cron,
    timezone,
    overlap,
    paused: state.paused,
    ...(next && { next: next.toISOString() }),
    ...(last && { last: { batchId: toFiringBatchId(name, last), at: last.toISOString() } }),
    fired: info.numActionsTaken,
    skipped: info.numActionsSkippedOverlap,
    missed: info.numActionsMissedCatchupWindow,
    createdAt: info.createdAt.toISOString(),
  };
}

/** The time that the last firing was for; a trigger is for its own moment. */
export function lastFiring({ recentActions }: ScheduleDescription['info']): Date | undefined {
  return recentActions.at(-1)?.scheduledAt;
}
