import { findRootCause, readMessage } from '../contract/caught-error.ts';
import { type ErrorCode, HummingbatchError } from '../contract/errors.ts';

/** What a request was about. A 404 means something else for each. */
export type Subject = 'file' | 'upload' | 'create' | 'job' | 'result' | 'model';

const NOT_FOUND: Record<Subject, ErrorCode> = {
  file: 'file-gone',
  upload: 'file-gone',
  create: 'model-gone',
  job: 'job-gone',
  result: 'result-gone',
  model: 'model-gone',
};

const BY_STATUS: Record<number, ErrorCode> = {
  401: 'key-invalid',
  403: 'permission-denied',
  408: 'unavailable',
  429: 'rate-limited',
};

/** The readable part of Google's error envelope and headers. */
export interface Refusal {
  status: number;
  /** Google's message, or an excerpt of a gateway's answer. */
  message: string;
  /** `INVALID_ARGUMENT` and the like. */
  rpcStatus?: string;
  /** `API_KEY_INVALID` and the like. */
  reason?: string;
  retryAfterMs?: number;
}

/** The one place where an HTTP error of Google becomes a `HummingbatchError`. Its message holds Google's message. */
export function toError(refusal: Refusal, subject: Subject): HummingbatchError {
  const code = chooseCode(refusal, subject);
  const message = `Google answered ${refusal.status}${refusal.rpcStatus ? ` ${refusal.rpcStatus}` : ''} to the ${OPERATIONS[subject]}: ${refusal.message}`;
  return new HummingbatchError(code, message, { retryAfterMs: refusal.retryAfterMs });
}

const OPERATIONS: Record<Subject, string> = {
  file: 'request for a file',
  upload: 'upload',
  create: 'creation of the job',
  job: 'request for the job',
  result: 'download of the results',
  model: 'request for the model',
};

/**
 * Google's message for a missing file: "You do not have permission to access the File … or it may not exist." Its
 * messages about keys and projects name no file.
 */
const FILE_GONE_MESSAGE = /\bfile\b.*\b(not exist|not found|expired)\b/i;

function chooseCode({ status, reason, rpcStatus, message }: Refusal, subject: Subject): ErrorCode {
  // Google answers 400 for a bad key; only the reason tells it from a bad request.
  if (reason === 'API_KEY_INVALID') return 'key-invalid';
  if ((subject === 'create' || subject === 'file') && status < 500 && FILE_GONE_MESSAGE.test(message))
    return 'file-gone';
  if (rpcStatus === 'FAILED_PRECONDITION') return 'billing-required';
  if (status === 404) return NOT_FOUND[subject];
  return (
    BY_STATUS[status] ??
    (status >= 500 ? 'unavailable' : subject === 'upload' ? 'file-rejected' : 'request-rejected')
  );
}

/**
 * The one place where a call without an answer becomes a `HummingbatchError`, `unreachable`. When our own signal
 * aborted, its reason is returned unchanged.
 */
export function toNetworkError(error: unknown, subject: Subject, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof HummingbatchError) return error;
  const message = `Gemini could not be reached for the ${OPERATIONS[subject]}: ${describeFailure(findRootCause(error))}.`;
  return new HummingbatchError('unreachable', message, { cause: error });
}

function describeFailure(root: unknown): string {
  if (readField(root, 'name') === 'TimeoutError') return 'no answer in time';
  return readField(root, 'code') || readMessage(root);
}

function readField(value: unknown, field: string): string {
  const text = (value as Record<string, unknown> | undefined)?.[field];
  return typeof text === 'string' ? text : '';
}
