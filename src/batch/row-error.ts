import { clip } from '../contract/text.ts';
import type { Reason } from '../contract/words.ts';
import { field, isObject, textField } from './json.ts';
import { formatReason } from './reasons.ts';

/** google.rpc codes, the matching HTTP codes and their names, by the reason they mean for a row. */
const CODES: ReadonlyArray<readonly [reason: Reason, codes: readonly (number | string)[]]> = [
  ['cancelled', [1, 499, 'CANCELLED']],
  ['invalid', [3, 400, 'INVALID_ARGUMENT']],
  ['deadline', [4, 504, 'DEADLINE_EXCEEDED']],
  // In a row only files can be missing or denied; a missing model fails the whole job.
  ['reference-expired', [5, 404, 'NOT_FOUND', 7, 403, 'PERMISSION_DENIED']],
  ['quota', [8, 429, 'RESOURCE_EXHAUSTED']],
  ['internal', [13, 500, 'INTERNAL']],
  ['unavailable', [14, 503, 'UNAVAILABLE']],
];
const REASON_BY_CODE = new Map(
  CODES.flatMap(([reason, codes]) => codes.map((code) => [String(code), reason])),
);

/**
 * Google's message for a missing file, "You do not have permission to access the File … or it may not exist.", comes
 * with several codes.
 */
const NAMES_A_FILE = /\bfiles?\b/i;
const SAYS_GONE = /permission|not exist|not found|expired|no longer|not in an active state/i;

export interface RowError {
  reason: Reason;
  message: string;
}

/** Parses the `error` (or `status`) of a line; undefined where it is empty or OK. */
export function parseRowError(error: unknown): RowError | undefined {
  if (typeof error === 'string')
    return error.trim() === '' ? undefined : { reason: toReason(error, error), message: error };
  if (!isObject(error)) return undefined;
  const code = readCode(error);
  const message = textField(error, 'message');
  if (code === undefined && message.trim() === '') return undefined;
  const reason = toReason(code, message);
  return { reason, message: message.trim() || formatReason(reason, `code ${code}`) };
}

function toReason(code: string | undefined, message: string): Reason {
  if (NAMES_A_FILE.test(message) && SAYS_GONE.test(message)) return 'reference-expired';
  return REASON_BY_CODE.get(code ?? '') ?? 'unknown-code';
}

/** Reads the code as text; undefined for OK, which is 0. */
function readCode(error: unknown): string | undefined {
  const code = field(error, 'code') ?? field(error, 'status');
  if (typeof code !== 'number' && typeof code !== 'string') return undefined;
  return ['0', '', 'OK'].includes(String(code)) ? undefined : clip(String(code), 40);
}
