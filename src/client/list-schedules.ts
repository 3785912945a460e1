import { type Client, type ScheduleDescription, ScheduleNotFoundError } from '@temporalio/client';
import pMap from 'p-map';
import { type Overlap, toFiringBatchId, toScheduleId } from '../contract/index.ts';
import { SCHEDULES } from '../contract/places.ts';
import type { Store } from '../store/store.ts';

/** Descriptions asked for together. */
const TOGETHER = 16;

/** The memo of a schedule: written when it is created, and compared when it is created again. */
export interface ScheduleMemo {
  /** The store's id. */
  store: string;
  name: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  /** Of what its manifest asks for. */
  fingerprint: string;
  /** Of how its batches are run. */
  run: string;
}

/** A schedule as Temporal describes it, with a memo of ours. */
export type SeenSchedule = ScheduleDescription & { memo: Record<string, unknown> & ScheduleMemo };

/** A schedule and what came of it. Times are ISO 8601 in UTC. */
export interface ScheduleStatus {
  name: string;
  cron: string;
  timezone: string;
  overlap: Overlap;
  paused: boolean;
  /** The next firing; absent where none is to come. */
  next?: string;
  /** The last firing and its batch. */
  last?: { batchId: string; at: string };
  /** Firings so far, those by `trigger` included. */
  fired: number;
  /** Firings left out because the one before was still on its way. */
  skipped: number;
  /** Firings left out because no server ran for longer than the 10 min that are made up for. */
  missed: number;
  createdAt: string;
}

/**
 * The schedules of a store, by name. Temporal's list is behind for a second or two, and the store knows no more than the names that
 * there were: together they leave out none.
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

/** When the last firing was to be; a firing by hand is for the moment of its trigger. */
export function lastFiring({ recentActions }: ScheduleDescription['info']): Date | undefined {
  return recentActions.at(-1)?.scheduledAt;
}
