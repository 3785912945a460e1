import type { OnUnknownSubmit } from './manifest.ts';
import type { NotifyTarget } from './notify.ts';
import type { Flag, Outcome } from './words.ts';

/** The workflow's type, as other languages name it. */
export const WORKFLOW_TYPE = 'imageBatch';

/** The workflow id of a batch. */
export function toWorkflowId(batchId: string): string {
  return `image-batch/${batchId}`;
}

/** The input of the workflow: plain JSON, so that any language with a Temporal SDK can start it. */
export interface ImageBatchInput {
  /** Lower-case ASCII letters, digits and `-`, at most 60 characters. */
  batchId: string;
  /**
   * The normalised manifest, which lies in the store before the start. Left out by who starts an earlier batch again by
   * hand: it is the manifest that lies there, run as a person last said.
   */
  manifest?: {
    /** Its key in the store: `batches/<batch id>/manifest.json`. */
    uri: string;
    /** Of its bytes, hex. */
    sha256: string;
  };
  /** What is left out has its value from {@link DEFAULT_OPTIONS}. */
  options?: Partial<BatchOptions>;
  /** A retry of an ended batch: only these outputs, as a new run of the same id. */
  retry?: RetryRequest;
}

/** Which outputs of an ended batch to make again. Nothing named: all that is no image, refused excepted. */
export interface RetrySelector {
  /** Keys (`hero`) or outputs (`hero#2`). */
  keys?: readonly string[];
  outcomes?: readonly Outcome[];
  /** Images that carry one of these flags. */
  flags?: readonly Flag[];
}

/**
 * A retry as the workflow takes it. The selection is a file in the store, so that no list goes through the history; who
 * cannot write one names a choice in its place.
 */
export interface RetryRequest extends RetrySelector {
  /** Names the retry, so that the same one sent twice runs once: 1 to 60 letters, digits, `-` and `_`. */
  id: string;
  /** Store key of a {@link RetrySelection}; wins over a choice. */
  uri?: string;
  /** At most {@link MAX_RETRY_KEYS}. */
  keys?: readonly string[];
}

/** The most keys in the input of a retry: with 400 bytes each they are 80 kB of history. */
export const MAX_RETRY_KEYS = 200;

/** Which outputs a retry of an ended batch is for: a file in the store, so that no list goes through the history. */
export interface RetrySelection {
  /** Output ids, `key#n`. */
  outputs: string[];
  /** Also those that have an image: it is kept, and the new one counts. */
  anew: boolean;
}

/** What steers a batch. Read by whoever starts it and carried in its input, so that a restart cannot change it. */
export interface BatchOptions {
  /** The id in the store's `store.json`; a worker with another store leaves the batch alone. Unset: the first worker's. */
  store?: string;
  /** Gemini's base URL; a worker that talks to another leaves the batch alone. Unset: the first worker's. */
  endpoint?: string;
  /** What it is found by; at most 20, see `isLabel`. */
  labels?: readonly string[];
  maxCostUsd?: number;
  approveAboveUsd?: number;
  maxRounds: number;
  /** The longest a job may take, ms, judged on a fresh check. */
  deadlineMs: number;
  onUnknownSubmit: OnUnknownSubmit;
  /** Who is told by webhook of its stops, its wait for approval and its end; at most 5, see `isNotifyTarget`. */
  notify?: readonly NotifyTarget[];
  /** The shortest time between two status checks, ms. */
  checkIntervalMs: number;
  /** The longest time between two status checks, ms. */
  maxCheckIntervalMs: number;
  /** How long a new job may stay unseen in LIST, ms. */
  submitWindowMs: number;
}

/** What a person says of how a batch is run: kept in the store, so that a retry of it is run in the same way. */
export const RUN_OPTIONS = [
  'labels',
  'maxCostUsd',
  'approveAboveUsd',
  'maxRounds',
  'deadlineMs',
  'onUnknownSubmit',
  'notify',
] as const satisfies readonly (keyof BatchOptions)[];
/** See {@link RUN_OPTIONS}. */
export type RunOptions = Partial<Pick<BatchOptions, (typeof RUN_OPTIONS)[number]>>;

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The longest time that an option may name, ms: a year. */
export const MAX_TIME_MS = 365 * 24 * HOUR;

/** The one table of defaults. */
export const DEFAULT_OPTIONS: BatchOptions = {
  maxRounds: 3,
  // Google ends a job as EXPIRED after 48 h; two hours more, so that its own end comes first.
  deadlineMs: 50 * HOUR,
  onUnknownSubmit: 'reconcile',
  checkIntervalMs: 30_000,
  maxCheckIntervalMs: 30 * MINUTE,
  // The delay is undocumented; 90 s is generous for a list that is usually up to date within seconds.
  submitWindowMs: 90_000,
};
