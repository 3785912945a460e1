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
  const code = codeOf(refusal, subject);
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

function codeOf({ status, reason, rpcStatus }: Refusal, subject: Subject): ErrorCode {
  // A bad key is a 400, told apart only by its reason.
  if (reason === 'API_KEY_INVALID') return 'key-invalid';
  if (rpcStatus === 'FAILED_PRECONDITION') return 'billing-required';
  if (status === 404) return NOT_FOUND[subject];
  return (
    BY_STATUS[status] ??
    (status >= 500 ? 'unavailable' : subject === 'upload' ? 'file-rejected' : 'request-rejected')
  );
}

/** The one place where a call that got no answer becomes an error of ours. A cancellation of ours passes unchanged. */
export function toNetworkError(error: unknown, what: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof HummingbatchError) return error;
  const cause = deepestCause(error);
  const why = cause.name === 'TimeoutError' ? 'no answer in time' : (cause.code ?? cause.message);
  return new HummingbatchError('unreachable', `Gemini could not be reached for the ${what}: ${why}.`, {
    cause: error,
  });
}

/** Failures after which it is certain that not one byte of the request left this machine. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function wasNeverSent(error: unknown): boolean {
  const { code } = deepestCause(error);
  return code !== undefined && NEVER_SENT.has(code);
}

/** `fetch failed` says nothing; what happened stands in its causes. */
function deepestCause(error: unknown): { name: string; message: string; code?: string } {
  let found = error;
  while (found instanceof Error && found.cause !== undefined) found = found.cause;
  if (found instanceof AggregateError && found.errors.length > 0) found = found.errors[0];
  if (!(found instanceof Error)) return { name: 'Error', message: String(found) };
  const code = 'code' in found && typeof found.code === 'string' ? found.code : undefined;
  return { name: found.name, message: found.message, ...(code && { code }) };
}
