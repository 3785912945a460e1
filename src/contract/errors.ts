/**
 * What can go wrong, as a closed set. `retry` says what a step does about it:
 *
 * - `soon`: try again with backoff, then stop and try again every 30 minutes;
 * - `stop`: a person must mend something first; the batch stops at once and loses nothing;
 * - `never`: it fails the batch, or the command that asked.
 *
 * `fix` is what to do about it where whoever throws knows nothing better.
 */
const CODES = {
  usage: { retry: 'never', fix: 'See `hummingbatch --help`.' },
  'manifest-invalid': {
    retry: 'never',
    fix: 'Mend the problems named; `hummingbatch validate MANIFEST` lists all of them.',
  },
  'batch-unknown': { retry: 'never', fix: '`hummingbatch list` shows the batches there are.' },
  'batch-conflict': { retry: 'never', fix: 'Give the batch another id, or start it with `run --new`.' },
  'request-conflict': {
    retry: 'never',
    fix: 'Send another Idempotency-Key, or the same request again.',
  },
  unauthorized: { retry: 'never', fix: 'Send `Authorization: Bearer TOKEN`.' },
  forbidden: { retry: 'never', fix: 'Call it from a program on this machine, or run the API with tokens.' },
  'too-large': { retry: 'never', fix: 'Send less: a smaller manifest, or references of at most 30 MB each.' },
  'wrong-state': {
    retry: 'never',
    fix: '`hummingbatch status ID` says where the batch stands and what goes on.',
  },
  'approval-required': {
    retry: 'never',
    fix: '`hummingbatch approve ID`, or `hummingbatch approve ID --no` to refuse it.',
  },
  'approval-refused': { retry: 'never', fix: 'Start the batch again when it may be paid.' },
  'webhook-invalid': {
    retry: 'never',
    fix: 'Answer it with 401. If it is yours: check the secret and the clock, and that the body is passed on byte for byte.',
  },
  aborted: { retry: 'soon', fix: 'Call the same command again; the batch goes on where it stood.' },

  'no-temporal': {
    retry: 'never',
    fix: 'Start the Temporal server, or unset TEMPORAL_ADDRESS so that hummingbatch brings its own.',
  },
  'no-temporal-cli': {
    retry: 'never',
    fix: 'Install the Temporal CLI and put it on PATH, or name it in HUMMINGBATCH_TEMPORAL_CLI.',
  },
  'no-worker': { retry: 'never', fix: 'Start one with `hummingbatch worker`.' },
  'wrong-worker': {
    retry: 'soon',
    fix: 'Start a worker with the store, endpoint and key of this batch; where the key was replaced, `hummingbatch retry ID`.',
  },

  'store-missing': { retry: 'soon', fix: 'Bring the store back, then `hummingbatch retry ID`.' },
  'store-unwritable': {
    retry: 'soon',
    fix: 'Make the store writable for this user, then `hummingbatch retry ID`.',
  },
  'store-unsupported': { retry: 'never', fix: 'Use a folder.' },
  'store-version': {
    retry: 'never',
    fix: 'Finish its batches with the version of hummingbatch that made it, or name another folder with --store.',
  },
  'store-corrupt': {
    retry: 'stop',
    fix: 'Restore the file named from a backup, then `hummingbatch retry ID`.',
  },
  'disk-full': { retry: 'soon', fix: 'Free some space, then `hummingbatch retry ID`.' },
  'reference-unreachable': { retry: 'never', fix: 'Check the URL, or use a local file.' },
  'over-budget': {
    retry: 'stop',
    fix: '`hummingbatch set-budget ID --max-cost-usd N`, or `hummingbatch accept ID` to end with what is there.',
  },

  'no-key': { retry: 'stop', fix: 'Set GEMINI_API_KEY, or try it without a key: `--emulator`.' },
  'key-invalid': {
    retry: 'stop',
    fix: 'Set a valid GEMINI_API_KEY for the worker, then `hummingbatch retry ID`.',
  },
  'permission-denied': {
    retry: 'stop',
    fix: 'Give the key access to the Gemini API, then `hummingbatch retry ID`.',
  },
  'billing-required': {
    retry: 'stop',
    fix: 'Enable billing for the project of this key, then `hummingbatch retry ID`.',
  },
  'request-rejected': {
    retry: 'stop',
    fix: 'Look at what Google says, mend it, then `hummingbatch retry ID`.',
  },
  'model-gone': {
    retry: 'stop',
    fix: '`hummingbatch accept ID`, then `hummingbatch run` its failed.json with `--model M`.',
  },
  'file-gone': { retry: 'soon', fix: '`hummingbatch retry ID` uploads it again.' },
  'file-rejected': { retry: 'stop', fix: 'Replace the reference named and start the batch again.' },
  'job-gone': {
    retry: 'stop',
    fix: '`hummingbatch retry ID` submits this round again; `hummingbatch accept ID` ends with what is there.',
  },
  'job-cancelled': {
    retry: 'stop',
    fix: '`hummingbatch retry ID` submits the rest again; `hummingbatch accept ID` ends with what is there.',
  },
  'job-rejected': {
    retry: 'stop',
    fix: '`hummingbatch retry ID` submits this round again; `hummingbatch accept ID` ends with what is there.',
  },
  'result-gone': {
    retry: 'stop',
    fix: '`hummingbatch accept ID` ends with what is there; then `hummingbatch retry ID` makes the rest again.',
  },
  'submission-unknown': {
    retry: 'stop',
    fix: '`hummingbatch adopt ID --job batches/…` takes the job, `hummingbatch adopt ID --none` makes another.',
  },
  'rate-limited': {
    retry: 'soon',
    fix: 'Wait for quota, or ask Google for more; the batch goes on by itself.',
  },
  unavailable: { retry: 'soon', fix: 'Wait for the service; the batch goes on by itself.' },
  unreachable: { retry: 'soon', fix: 'Check the network; the batch goes on by itself.' },
  'invalid-response': { retry: 'soon', fix: 'Wait for the service; the batch goes on by itself.' },
  'not-found': { retry: 'stop', fix: 'Check the name.' },

  internal: {
    retry: 'stop',
    fix: 'This is a fault in hummingbatch: report it with the output of --verbose.',
  },
} as const satisfies Record<string, { retry: 'soon' | 'stop' | 'never'; fix: string }>;

/** See the table in this file; `type` of every Temporal failure that hummingbatch makes. */
export type ErrorCode = keyof typeof CODES;

export const ERROR_CODES = Object.keys(CODES) as readonly ErrorCode[];

/** What a step does about an error of this code. */
export type RetryPolicy = (typeof CODES)[ErrorCode]['retry'];

export function getRetryPolicy(code: ErrorCode): RetryPolicy {
  return CODES[code].retry;
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(CODES, value);
}

export interface HummingbatchErrorOptions {
  /** What to do, one sentence with the exact command; unset: the table's. */
  fix?: string;
  cause?: unknown;
  /** When the other side says to come back, ms from now. */
  retryAfterMs?: number;
}

/**
 * The one error of hummingbatch: a code of the closed set, a sentence that says what happened, and one that says what
 * to do. Its message never holds a key, a token or a prompt.
 */
export class HummingbatchError extends Error {
  override readonly name = 'HummingbatchError';
  readonly code: ErrorCode;
  readonly fix: string;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: HummingbatchErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.fix = options.fix ?? CODES[code].fix;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** As `--json` shows it and the API answers it. */
  toJSON(): { code: ErrorCode; message: string; fix: string } {
    return { code: this.code, message: this.message, fix: this.fix };
  }
}

/** The default sentence that says what to do about a code, with the batch's id in its command. */
export function fixFor(code: ErrorCode, batchId: string): string {
  return CODES[code].fix.replaceAll(' ID', ` ${batchId}`);
}
