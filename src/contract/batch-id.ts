import { check } from './check.ts';
import { HummingbatchError } from './errors.ts';
import { text } from './rules.ts';

const PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/;

const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/** `con`, `lpt1` and the like cannot be folders on Windows. */
const NO_DEVICE = { pattern: '^(con|prn|aux|nul|com[0-9]|lpt[0-9])$' };

/** Whether a text can be a batch's id. It is the name of a folder and a part of the workflow id. */
export function isBatchId(id: string): boolean {
  return PATTERN.test(id) && !DEVICE.test(id);
}

export const BATCH_ID = text(isBatchId, {
  name: 'batchId',
  must: '1 to 60 lower-case letters, digits and `-`, with no `-` at its ends, and no device name of Windows',
  example: 'order-4711',
  description:
    'Lower-case ASCII letters, digits and `-`, at most 60 characters, and no device name of Windows.',
  json: { pattern: PATTERN.source, not: NO_DEVICE },
});

/** @throws `usage` where a caller's id cannot be a batch's */
export function checkBatchId(id: string): void {
  check(BATCH_ID, id);
}

/** What a firing adds to the name of its schedule. */
const FIRING_SUFFIX = '-20261124-060000';
const FIRING = /-\d{8}-\d{6}$/;

/**
 * Whether an id has the form of a firing's. Such ids are known in advance: whoever took that of the next firing would keep the
 * schedule from making its batch. No derived id has this form.
 */
export function isFiringId(id: string): boolean {
  return FIRING.test(id);
}

/** The error for a caller who chose such an id. */
export function reservedId(id: string): HummingbatchError {
  return new HummingbatchError(
    'usage',
    `The id ${id} ends in a date and a time, as only the ids of a schedule’s firings do.`,
    { fix: 'Choose another id.' },
  );
}

/** Of a schedule's name. Nothing is cut from it, so two schedules never share a batch id. */
export const MAX_SCHEDULE_NAME = 60 - FIRING_SUFFIX.length;

/** Whether a name can be a schedule's. It begins the ids of its batches. */
export function isScheduleName(name: string): boolean {
  return name.length <= MAX_SCHEDULE_NAME && isBatchId(name);
}

export const SCHEDULE_NAME = text(isScheduleName, {
  name: 'schedule',
  must: `1 to ${MAX_SCHEDULE_NAME} lower-case letters, digits and \`-\`, with no \`-\` at its ends, and no device name of Windows`,
  example: 'daily-catalogue',
  description: `The schedule’s name, which begins the ids of its batches: lower-case ASCII letters, digits and \`-\`, at most ${MAX_SCHEDULE_NAME} characters.`,
  json: { pattern: PATTERN.source, maxLength: MAX_SCHEDULE_NAME, not: NO_DEVICE },
});
