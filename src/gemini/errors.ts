import { type ErrorCode, HummingbatchError } from '../contract/errors.ts';

/** What was asked of Google when it said no: a 404 means another thing for each. */
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

/** What Google's envelope and headers say, as far as they could be read. */
export interface Refusal {
  status: number;
  /** Google's sentence, or an excerpt of whatever a gateway answered. */
  message: string;
  /** `INVALID_ARGUMENT` and the like. */
  rpcStatus?: string;
  /** `API_KEY_INVALID` and the like. */
  reason?: string;
  retryAfterMs?: number;
}

/** The one place where an HTTP answer of Google becomes an error of ours. */
export function toError(refusal: Refusal, subject: Subject): HummingbatchError {
  const code = chooseCode(refusal, subject);
  const message = `Google answered ${refusal.status}${refusal.rpcStatus ? ` ${refusal.rpcStatus}` : ''} to the ${WHAT[subject]}: ${refusal.message}`;
  return new HummingbatchError(code, message, { retryAfterMs: refusal.retryAfterMs });
}

const WHAT: Record<Subject, string> = {
  file: 'question about a file',
  upload: 'upload',
  create: 'creation of the job',
  job: 'question about the job',
  result: 'download of the results',
  model: 'question about the model',
};

/**
 * How Google says that a file is not there: "You do not have permission to access the File … or it may not exist." What
 * it says of keys and projects names no file.
 */
const FILE_IS_GONE = /\bfile\b.*\b(not exist|not found|expired)\b/i;

function chooseCode({ status, reason, rpcStatus, message }: Refusal, subject: Subject): ErrorCode {
  // A bad key is a 400, told apart only by its reason.
  if (reason === 'API_KEY_INVALID') return 'key-invalid';
  if ((subject === 'create' || subject === 'file') && status < 500 && FILE_IS_GONE.test(message))
    return 'file-gone';
  if (rpcStatus === 'FAILED_PRECONDITION') return 'billing-required';
  if (status === 404) return NOT_FOUND[subject];
  return (
    BY_STATUS[status] ??
    (status >= 500 ? 'unavailable' : subject === 'upload' ? 'file-rejected' : 'request-rejected')
  );
}

/** The one place where a call that got no answer becomes an error of ours. A cancellation of ours passes unchanged. */
export function toNetworkError(error: unknown, subject: Subject, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof HummingbatchError) return error;
  const message = `Gemini could not be reached for the ${WHAT[subject]}: ${describeCause(listCauses(error)[0])}.`;
  return new HummingbatchError('unreachable', message, { cause: error });
}

/** `fetch failed` says nothing; what happened stands in its causes, one for each address that was tried. */
function listCauses(error: unknown): unknown[] {
  if (error instanceof AggregateError && error.errors.length > 0) return error.errors.flatMap(listCauses);
  return error instanceof Error && error.cause !== undefined ? listCauses(error.cause) : [error];
}

function describeCause(root: unknown): string {
  if (readField(root, 'name') === 'TimeoutError') return 'no answer in time';
  return readField(root, 'code') || (root instanceof Error ? root.message : String(root));
}

function readField(value: unknown, field: string): string {
  const text = (value as Record<string, unknown> | undefined)?.[field];
  return typeof text === 'string' ? text : '';
}
