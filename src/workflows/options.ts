import {
  areNotifyTargets,
  type BatchOptions,
  DEFAULT_OPTIONS,
  isLabel,
  MAX_LABELS,
  MAX_TIME_MS,
  NOTIFY_RULE,
  ON_UNKNOWN_SUBMIT,
} from '../contract/index.ts';
import { failure } from './failure.ts';
import { readFields } from './fields.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isAmount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;

/** Of more Temporal makes no timer, and the workflow task fails for ever. */
const isTime: Check = (value) => isAmount(value) && (value as number) <= MAX_TIME_MS;

const areLabels: Check = (value) =>
  Array.isArray(value) &&
  value.length <= MAX_LABELS &&
  value.every((label) => typeof label === 'string' && isLabel(label));

const CHECKS: Record<keyof BatchOptions, Check> = {
  store: isText,
  endpoint: isText,
  labels: areLabels,
  maxCostUsd: isAmount,
  approveAboveUsd: isAmount,
  maxRounds: isAmount,
  deadlineMs: isTime,
  onUnknownSubmit: (value) => (ON_UNKNOWN_SUBMIT as readonly unknown[]).includes(value),
  notify: areNotifyTargets,
  checkIntervalMs: isTime,
  maxCheckIntervalMs: isTime,
  submitWindowMs: isTime,
};

/**
 * The options of a batch, with defaults for what is left out. They may come from any language, and a time that is no
 * number would reach `sleep`, where it fails the workflow task for ever.
 *
 * @throws `usage`, which ends the batch before it began
 */
export function readOptions(given: Partial<BatchOptions> = {}): BatchOptions {
  const said = readFields('The field options', given, Object.keys(CHECKS) as (keyof BatchOptions)[]);
  for (const [name, value] of Object.entries(said))
    if (!CHECKS[name as keyof BatchOptions](value))
      throw failure('usage', `The option ${name} ${wrong(name, value)}.`);
  return { ...DEFAULT_OPTIONS, ...said };
}

/** A password or a secret may stand where none belongs, and a failure is for everybody to read. */
function wrong(name: string, value: unknown): string {
  return name === 'notify' ? `must be ${NOTIFY_RULE}` : `cannot be ${JSON.stringify(value)}`;
}
