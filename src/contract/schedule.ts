import { SCHEDULE_NAME } from './batch-id.ts';
import { manifestPlace, STORE_KEY_JSON } from './input.ts';
import { BATCH_OPTIONS } from './options.ts';
import type { BatchResult } from './progress.ts';
import { type Infer, object, optional } from './rules.ts';

/** The type of the workflow that a schedule starts at each firing. */
export const SCHEDULED_WORKFLOW_TYPE = 'scheduledBatch';

/** The id of a schedule in Temporal. */
export function toScheduleId(name: string): string {
  return `image-batch-schedule/${name}`;
}

/** The batch of a firing, named for its time in UTC: `daily-catalogue-20261124-060000`. */
export function toFiringBatchId(schedule: string, at: Date): string {
  const [day, time] = at
    .toISOString()
    .replace(/\.\d+Z$/, '')
    .replaceAll(/[-:]/g, '')
    .split('T');
  return `${schedule}-${day}-${time}`;
}

/** What happens at a firing while the batch of the firing before still runs: both run, or the later one is left out. */
export const OVERLAPS = ['allow', 'skip'] as const;
/** See {@link OVERLAPS}. */
export type Overlap = (typeof OVERLAPS)[number];

/** The input of the workflow that a schedule starts: plain JSON, the same at each firing. */
export const SCHEDULED_BATCH_INPUT = object(
  'the input',
  {
    schedule: SCHEDULE_NAME,
    manifest: {
      ...manifestPlace({ description: 'Its key in the store.', json: STORE_KEY_JSON }),
      description: 'The schedule’s own manifest in the store; each batch gets a copy.',
    },
    options: optional(BATCH_OPTIONS),
  },
  {
    id: 'ScheduledBatchInput',
    description: 'The one argument of the workflow `scheduledBatch`, the same at each firing of a schedule.',
  },
);

export type ScheduledBatchInput = Infer<typeof SCHEDULED_BATCH_INPUT>;

/** What that workflow returns: its batch's result, or that the batch ran before and continues without the firing. */
export type FiringResult = BatchResult | { batchId: string; attached: true };
