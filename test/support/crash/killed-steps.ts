import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import { toWorkflowId } from '../../../src/contract/index.ts';
import { startTemporal } from '../../../src/local/index.ts';
import { temporalCliPath } from '../servers.ts';
import type { TrialOutcome } from './run-trial.ts';
import type { Trial } from './trial.ts';

type Event = temporal.api.history.v1.IHistoryEvent;

/** Finds in the batch's history which step ran at each kill of a trial. */
export async function findKilledSteps(
  store: string,
  sharedServer: string,
  { profile }: Trial,
  { batchId, executed }: TrialOutcome,
): Promise<string[]> {
  if (profile === 'served') return matchSteps(await fetchHistory(sharedServer, batchId), executed);
  const temporal = await startTemporal({
    ...{ directory: join(store, '.temporal'), cli: await temporalCliPath(), namespace: 'default' },
    ...{ searchAttributes: {}, retentionHours: 24, env: process.env, log: () => undefined },
  });
  try {
    return matchSteps(await fetchHistory(temporal.address, batchId), executed);
  } finally {
    await temporal.release();
  }
}

async function fetchHistory(address: string, batchId: string): Promise<Event[]> {
  const connection = await Connection.connect({ address });
  try {
    const handle = new Client({ connection }).workflow.getHandle(toWorkflowId(batchId));
    return (await handle.fetchHistory()).events ?? [];
  } finally {
    await connection.close();
  }
}

function matchSteps(events: readonly Event[], struck: TrialOutcome['executed']): string[] {
  const from = readTime(events[0]);
  const spans = events.flatMap((event) => {
    const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
    return name ? [{ name, from: readTime(event), to: readTime(findEnd(events, event)) }] : [];
  });
  return struck.map(({ at }) => {
    const step = spans.find((span) => span.from <= at && at <= span.to);
    if (step) return step.name;
    if (at < from) return 'start';
    return at > readTime(events.at(-1)) ? 'end' : 'sleep';
  });
}

function findEnd(events: readonly Event[], scheduled: Event): Event | undefined {
  return events.find((event) => {
    const ended =
      event.activityTaskCompletedEventAttributes ??
      event.activityTaskFailedEventAttributes ??
      event.activityTaskTimedOutEventAttributes;
    return ended && String(ended.scheduledEventId) === String(scheduled.eventId);
  });
}

function readTime(event: Event | undefined): number {
  return Number(event?.eventTime?.seconds ?? 0) * 1000 + (event?.eventTime?.nanos ?? 0) / 1e6;
}
