import type { Action } from './actions.ts';
import { toWellFormed } from './text.ts';

interface CodeSpec {
  retry: 'soon' | 'stop' | 'never';
  fix: string;
  actions?: readonly Action[];
}

/**
 * Every error code. `retry` is what a step does about it:
 *
 * - `soon`: retries with backoff, then the batch stops and retries after 30 minutes, doubling to 48 hours;
 * - `stop`: an operator must fix something first; the batch stops at once and loses nothing;
 * - `never`: the batch fails, or the command that asked.
 *
 * `fix` says in one sentence what to do, without a command: each surface renders the actions in its own words. Both are
 * defaults for code that throws and knows nothing better. What can be done about a stop depends on its step, too:
 * `actionsAtStop`.
 */
const CODES = {
  usage: {
    retry: 'never',
    fix: 'Correct what the message names, and try again.',
    actions: [{ action: 'help' }],
  },
  'manifest-invalid': {
    retry: 'never',
    fix: 'Fix the problems listed.',
    actions: [{ action: 'validate' }],
  },
  'batch-unknown': { retry: 'never', fix: 'Check the id.', actions: [{ action: 'list-batches' }] },
  'batch-conflict': {
    retry: 'never',
    fix: 'Give the batch another id.',
    actions: [{ action: 'start-batch', newId: true }],
  },
  'request-conflict': {
    retry: 'never',
    fix: 'Send another Idempotency-Key, or the same request again.',
  },
  unauthorized: { retry: 'never', fix: 'Send a valid token in the header `Authorization: Bearer TOKEN`.' },
  forbidden: {
    retry: 'never',
    fix: 'Call the API from a program on this machine, or run it with tokens.',
  },
  'too-large': { retry: 'never', fix: 'Send a smaller manifest, or references of at most 30 MB each.' },
  'request-limit': { retry: 'never', fix: 'Send requests less often. The batch itself continues.' },
  busy: { retry: 'never', fix: 'Send the request again later.' },
  'timed-out': { retry: 'never', fix: 'Send the request again, its body without pauses.' },
  'wrong-state': { retry: 'never', fix: 'Choose an action that is possible now.' },
  'approval-required': { retry: 'never', fix: 'Approve the price of the batch, or refuse it.' },
  'approval-refused': { retry: 'never', fix: 'Start the batch again when its price is approved.' },
  'webhook-invalid': {
    retry: 'never',
    fix: 'Answer it with 401. If it is yours, check the secret and the clock, and pass the body on byte for byte.',
  },
  aborted: { retry: 'soon', fix: 'Run the same command again: the batch continues where it stopped.' },

  'no-temporal': {
    retry: 'never',
    fix: 'Start the Temporal server, or unset TEMPORAL_ADDRESS to use a local one that is started for you.',
    actions: [{ action: 'doctor' }],
  },
  'no-temporal-cli': {
    retry: 'never',
    fix: 'Install the Temporal CLI and put it on PATH, or name it in HUMMINGBATCH_TEMPORAL_CLI.',
    actions: [{ action: 'doctor' }],
  },
  'temporal-elsewhere': {
    retry: 'never',
    fix: 'Use the store in one container at a time, or start a Temporal server that all of them reach and name it in TEMPORAL_ADDRESS.',
  },
  'no-worker': {
    retry: 'never',
    fix: 'Start a worker with the store, endpoint and key of the batch.',
    actions: [{ action: 'start-worker' }],
  },
  'wrong-worker': {
    retry: 'soon',
    fix: 'Start a worker with the store, endpoint and key of this batch. If the key was replaced, a retry binds the batch to the new one.',
  },

  'store-missing': { retry: 'soon', fix: 'Restore access to the folder of the store.' },
  'store-unwritable': { retry: 'soon', fix: 'Make the store writable for this user.' },
  'store-unsupported': { retry: 'never', fix: 'Use a folder on a local disk.' },
  'store-version': {
    retry: 'never',
    fix: 'Finish its batches with the version of hummingbatch that made it, or use another folder.',
  },
  'store-corrupt': { retry: 'stop', fix: 'Restore the file that the message names from a backup.' },
  'store-behind': {
    retry: 'stop',
    fix: 'Restore a newer copy of the store, then retry. Without one, a retry collects the jobs that Temporal knows, and pays for nothing.',
  },
  'disk-full': { retry: 'soon', fix: 'Free space in the store.' },
  'reference-unreachable': { retry: 'never', fix: 'Check the URL, or use a local file.' },
  'over-budget': { retry: 'stop', fix: 'Raise the budget, or end the batch with what it has.' },

  'no-key': { retry: 'stop', fix: 'Set GEMINI_API_KEY for the worker, in its environment or in `.env`.' },
  'key-invalid': { retry: 'stop', fix: 'Set a valid GEMINI_API_KEY for the worker.' },
  'permission-denied': { retry: 'stop', fix: 'Give the key access to the Gemini API.' },
  'billing-required': { retry: 'stop', fix: 'Enable billing for the project of this key.' },
  'request-rejected': { retry: 'stop', fix: 'Fix what Google names in the message.' },
  'model-gone': {
    retry: 'stop',
    fix: 'End the batch with what it has, then start another from its failed.json with another model.',
  },
  'file-gone': { retry: 'soon', fix: 'Find out who deletes files at Google. A retry uploads it again.' },
  'file-rejected': {
    retry: 'stop',
    fix: 'Replace the reference that the message names and start another batch. If Google refused it once only, retry.',
  },
  'job-gone': {
    retry: 'stop',
    fix: 'Find out who deleted the job at Google. A retry pays for the round again.',
  },
  'job-cancelled': {
    retry: 'stop',
    fix: 'Find out who cancelled the job at Google. A retry submits what it had not finished.',
  },
  'cancel-ignored': {
    retry: 'soon',
    fix: 'Wait: the batch asks Google again automatically. Or end it with what it has.',
  },
  'job-rejected': {
    retry: 'stop',
    fix: 'Fix what Google names in the message. A retry submits the round again.',
  },
  'result-gone': {
    retry: 'stop',
    fix: 'End the batch with what it has. Its missing outputs can then be made again, and are paid again.',
  },
  'submission-unknown': {
    retry: 'stop',
    fix: 'Search the list of batches at Google for the job. If it is there, adopt it; if not, submit another.',
  },
  'rate-limited': {
    retry: 'soon',
    fix: 'Wait for quota, or ask Google for more. The batch retries automatically.',
  },
  unavailable: { retry: 'soon', fix: 'Wait for the service. The batch retries automatically.' },
  unreachable: { retry: 'soon', fix: 'Check the network. The batch retries automatically.' },
  'invalid-response': {
    retry: 'soon',
    fix: 'Check what stands between this machine and Google, such as a proxy. The batch retries automatically.',
  },
  'not-found': { retry: 'stop', fix: 'Check the name.' },

  internal: {
    retry: 'stop',
    fix: 'This is a fault in hummingbatch. Report it with its log and the output of --verbose.',
  },
} as const satisfies Record<string, CodeSpec>;

const NO_ACTIONS: readonly Action[] = [];

/** A code of {@link CODES}; the `type` of every Temporal failure that hummingbatch makes. */
export type ErrorCode = keyof typeof CODES;

export const ERROR_CODES = Object.keys(CODES) as readonly ErrorCode[];

/** What a step does about an error of this code. */
export type RetryPolicy = CodeSpec['retry'];

export function getRetryPolicy(code: ErrorCode): RetryPolicy {
  return CODES[code].retry;
}

/** The default sentence that says what to do about a code. */
export function defaultFix(code: ErrorCode): string {
  return CODES[code].fix;
}

/** The default actions of a code. */
export function defaultActions(code: ErrorCode): readonly Action[] {
  const spec: CodeSpec = CODES[code];
  return spec.actions ?? NO_ACTIONS;
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(CODES, value);
}

export interface HummingbatchErrorOptions {
  /** What to do, one sentence without a command. Default: that of the code. */
  fix?: string;
  /** What can be done next, the likeliest first. Default: those of the code. */
  actions?: readonly Action[];
  cause?: unknown;
  /** When the other side says to come back, ms from now. */
  retryAfterMs?: number;
}

/**
 * The one error of hummingbatch: a code of the closed set, a sentence that says what happened, one that says what to do, and
 * the actions that do it. None of them holds a key, a token or a prompt.
 */
export class HummingbatchError extends Error {
  override readonly name = 'HummingbatchError';
  readonly code: ErrorCode;
  readonly fix: string;
  readonly actions: readonly Action[];
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: HummingbatchErrorOptions = {}) {
    // Google's texts and names in manifests are in it. A failure of a workflow or a step is made of it.
    super(toWellFormed(message), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.fix = toWellFormed(options.fix ?? CODES[code].fix);
    this.actions = options.actions ?? defaultActions(code);
    this.retryAfterMs = options.retryAfterMs;
  }

  toJSON(): { code: ErrorCode; message: string; fix: string; actions: readonly Action[] } {
    return { code: this.code, message: this.message, fix: this.fix, actions: this.actions };
  }
}
