import { isBatchId } from './batch-id.ts';
import type { BatchOptions, ImageBatchInput } from './input.ts';
import type { BatchResult } from './progress.ts';

/** The type of the workflow that a schedule starts at each firing. */
export const SCHEDULED_WORKFLOW_TYPE = 'scheduledBatch';

/** What is left of a batch id's 60 characters beside the time of a firing. Nothing is cut, so no two schedules share an id. */
export const MAX_SCHEDULE_NAME = 60 - '-20261124-060000'.length;

/** Whether a name can be a schedule's: it begins the ids of its batches, so it is one itself, of at most 44 characters. */
export function isScheduleName(text: string): boolean {
  return text.length <= MAX_SCHEDULE_NAME && isBatchId(text);
}

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

/** What happens at a firing whose predecessor still runs: both run, or the later one is left out. */
export const OVERLAPS = ['allow', 'skip'] as const;
/** See {@link OVERLAPS}. */
export type Overlap = (typeof OVERLAPS)[number];

/** The input of the workflow that a schedule starts: plain JSON, the same at each firing. */
export interface ScheduledBatchInput {
  /** The schedule's name. */
  schedule: string;
  /** The schedule's own manifest in the store; each batch gets a copy. */
  manifest: NonNullable<ImageBatchInput['manifest']>;
  /** What is left out has its value from `DEFAULT_OPTIONS`. */
  options?: Partial<BatchOptions>;
}

/** What that workflow returns: its batch's result, or that the batch was running before, which then goes on by itself. */
export type FiringResult = BatchResult | { batchId: string; attached: true };
