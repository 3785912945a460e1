import type { Flag, Outcome } from './words.ts';

/** Tokens of one answer, as Google billed them. */
export interface Usage {
  input: number;
  /** Output tokens that became text, thoughts included. */
  text: number;
  /** Output tokens that became images. */
  image: number;
}

/**
 * Why an output is no image. A closed set: Google's own words are folded into it, and its sentence is kept beside it.
 *
 * - policy: `prohibited-content`, `image-prohibited-content`, `recitation`, `blocklist`, `spii`, `prompt-blocked`, `safety`, `image-safety`
 * - weak: `no-image`, `text-only`, `max-tokens`, `other`, `image-other`, `undecodable`, `unknown-code`
 * - row errors: `invalid` (3), `deadline` (4), `quota` (8), `internal` (13), `unavailable` (14), `cancelled` (1)
 * - ours: `malformed` (a line that is no answer), `reference-expired`, `no-answer`, `job-expired`, `job-failed`
 */
export const REASONS = [
  'prohibited-content',
  'image-prohibited-content',
  'recitation',
  'blocklist',
  'spii',
  'prompt-blocked',
  'safety',
  'image-safety',
  'no-image',
  'text-only',
  'max-tokens',
  'other',
  'image-other',
  'undecodable',
  'unknown-code',
  'invalid',
  'deadline',
  'quota',
  'internal',
  'unavailable',
  'cancelled',
  'malformed',
  'reference-expired',
  'no-answer',
  'job-expired',
  'job-failed',
] as const;
/** See {@link REASONS}. */
export type Reason = (typeof REASONS)[number];

/** An image file of the batch, measured from its bytes and not from what the answer claims. */
export interface ImageFile {
  /** Relative to the batch's folder, e.g. `images/hero~2.png`. */
  file: string;
  mime: string;
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  bytes: number;
  sha256: string;
}

/** What Gemini answered for one output in one job; the records are made of these. */
export interface Answer {
  /** Output id, `key#n`. */
  output: string;
  outcome: Outcome;
  image?: ImageFile;
  flags: Flag[];
  reason?: Reason;
  /** What happened, for a person; Google's sentence where it gave one, at most 500 characters. */
  message?: string;
  /** What the model said beside or in place of an image, at most 2000 characters. */
  text?: string;
  usage?: Usage;
  costUsd: number;
  round: number;
  job: string;
}

/** One line of `results.jsonl`. Every output has exactly one, always. */
export interface OutputRecord extends Partial<ImageFile> {
  output: string;
  key: string;
  outcome: Outcome;
  flags: Flag[];
  /** Further images that were billed for this output, kept beside the first. */
  alternates?: ImageFile[];
  reason?: Reason;
  message?: string;
  text?: string;
  /** Whether another try may help; only where there is no image. */
  retryable?: boolean;
  /** The round and job of the answer that counts; absent where no job ever held the output. */
  round?: number;
  job?: string;
  /** Over all answers to this output. */
  usage?: Usage;
  /** Over all answers to this output. */
  costUsd: number;
  metadata?: Record<string, unknown>;
}
