import { ScheduleAlreadyRunning } from '@temporalio/client';
import { summarise } from '../batch/summary.ts';
import {
  check,
  HummingbatchError,
  OVERLAPS,
  type Overlap,
  SCHEDULE_NAME,
  SCHEDULED_WORKFLOW_TYPE,
  type ScheduledBatchInput,
  toScheduleId,
} from '../contract/index.ts';
import { scheduledManifestPlace } from '../contract/places.ts';
import { deriveScheduleName } from '../manifest/batch-id.ts';
import { computeFingerprint, serialiseManifest } from '../manifest/canonical.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import type { ScheduleMemo } from './list-schedules.ts';
import { putReferences } from './put-batch.ts';
import type { NormalisedScheduleRequest } from './schedule-types.ts';
import { optionsFor, type StartContext } from './start.ts';

/**
 * A server that was down for a week must not start seven paid batches at once. Ten minutes are longer than a restart or an upgrade
 * of a server, and hold at most one firing of a schedule that fires every ten minutes or less often.
 */
const CATCHUP_WINDOW_MS = 10 * 60_000;

const POLICIES = { allow: 'ALLOW_ALL', skip: 'SKIP' } as const satisfies Record<Overlap, string>;

/** Puts the manifest and references of its firings into the store, and creates the schedule or attaches to the same one. */
export async function createSchedule(
  context: StartContext,
  request: NormalisedScheduleRequest,
): Promise<{ name: string; attached: boolean }> {
  const { client, store, taskQueue } = context;
  const { manifest, cron, timezone = 'UTC', overlap = 'allow' } = request;
  const name = scheduleName(request);
  const options = { store: store.id, ...optionsFor(context.options, request) };
  if (!OVERLAPS.includes(overlap))
    throw new HummingbatchError('usage', `"${overlap}" is not a valid overlap.`, {
      fix: `Use ${OVERLAPS.join(' or ')}.`,
    });
  await putReferences(store, request.references);
  const bytes = serialiseManifest(manifest);
  const sha256 = computeSha256(bytes);
  const uri = scheduledManifestPlace(name, sha256);
  await store.putIfAbsent(uri, bytes);
  const memo: ScheduleMemo = {
    store: store.id,
    name,
    cron,
    timezone,
    overlap,
    fingerprint: request.fingerprint ?? computeFingerprint(manifest),
    run: computeSha256(JSON.stringify([manifest.run, byName(options)])),
  };
  try {
    await client.schedule.create({
      scheduleId: toScheduleId(name),
      spec: { cronExpressions: [cron], timezone },
      policies: { overlap: POLICIES[overlap], catchupWindow: CATCHUP_WINDOW_MS },
      memo: { ...memo },
      action: {
        type: 'startWorkflow',
        workflowType: SCHEDULED_WORKFLOW_TYPE,
        // Temporal adds the time of the firing.
        workflowId: toScheduleId(name),
        taskQueue,
        args: [{ schedule: name, manifest: { uri, sha256 }, options } satisfies ScheduledBatchInput],
        staticSummary: `${name}, ${cron}: ${summarise(manifest)}`,
      },
    });
    return { name, attached: false };
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) {
      await compare(context, memo);
      return { name, attached: true };
    }
    if (error instanceof TypeError) throw invalidTimes(memo, error);
    throw error;
  }
}

function scheduleName({ name, manifest }: NormalisedScheduleRequest): string {
  const chosen = name ?? deriveScheduleName(manifest.name);
  return check(SCHEDULE_NAME, chosen);
}

/** How two schedules of one name can differ, the most important first. */
const DIFFERENCES: readonly [field: keyof ScheduleMemo, is: string][] = [
  ['store', 'for another store'],
  ['fingerprint', 'with another manifest'],
  ['cron', 'with another cron'],
  ['timezone', 'with another time zone'],
  ['overlap', 'with another overlap'],
  ['run', 'with other options'],
];

/** @throws `batch-conflict` where the existing schedule differs from the requested one */
async function compare({ client }: StartContext, asked: ScheduleMemo): Promise<void> {
  const { name } = asked;
  const { memo: there = {} } = await client.schedule.getHandle(toScheduleId(name)).describe();
  const [, is] = DIFFERENCES.find(([field]) => there[field] !== asked[field]) ?? [];
  if (!is) return;
  const isOwn = there['store'] === asked.store;
  throw new HummingbatchError('batch-conflict', `The schedule ${name} exists already, ${is}.`, {
    fix: `Choose another name${isOwn ? ', or delete it and create it again: its batches continue' : ''}.`,
    actions: isOwn ? [{ action: 'delete-schedule', schedule: name }] : [],
  });
}

/** With the server's own words: only the server knows which crons it understands. */
function invalidTimes({ cron, timezone }: ScheduleMemo, error: TypeError): HummingbatchError {
  return new HummingbatchError(
    'usage',
    `Temporal does not understand "${cron}" in the time zone ${timezone}: ${error.message}.`,
    {
      fix: 'Write a cron such as "0 6 * * MON-FRI" (minute, hour, day, month, weekday), and a time zone such as Europe/Berlin.',
      cause: error,
    },
  );
}

/** Sorted, because the order of options means nothing. */
function byName(options: object): [name: string, value: unknown][] {
  return Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
