import { HummingbatchError } from './errors.ts';

/** Lower-case ASCII letters, digits and `-`, which begins and ends none; at most 60 characters. */
export const BATCH_ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/;

const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;

/** Whether a caller's id can be a batch's: its folder and part of its workflow id, so no device of Windows either. */
export function isBatchId(text: string): boolean {
  return BATCH_ID_PATTERN.test(text) && !DEVICE.test(text);
}

/** @throws `usage` where a caller's id can be no batch's */
export function checkBatchId(text: string): void {
  if (isBatchId(text)) return;
  throw new HummingbatchError('usage', `"${text.slice(0, 100)}" is no batch id.`, {
    fix: 'Use lower-case letters, digits and "-", at most 60 characters.',
  });
}
