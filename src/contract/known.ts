import { isJobName } from './job-name.ts';
import { answer, type Infer, integer, list, number, only, optional, text } from './rules.ts';

/** A submission that Google may have carried out. */
const KNOWN_PERMIT = answer({
  round: integer(1, undefined),
  submission: integer(1, 999_999),
  /** What its permit reserves, USD. Absent where the model's price is unknown. */
  worstUsd: optional(number({ min: 0 })),
  /** Its permit is in the store. Absent: it was about to be taken. */
  taken: optional(only()),
  /** The job that it made, where that is known. */
  job: optional(text(isJobName)),
});

/**
 * What Temporal knows of a batch's submissions, whatever becomes of its store: in the memo {@link KNOWN_MEMO} of the batch's
 * workflow. A store that has less was emptied, or restored from a backup.
 */
export const KNOWN_BATCH = answer({
  /** The nonce in the names of its jobs. */
  nonce: text((nonce) => /^[0-9a-f]{12}$/.test(nonce)),
  permits: list(KNOWN_PERMIT),
});

export type KnownPermit = Infer<typeof KNOWN_PERMIT>;
export type KnownBatch = Infer<typeof KNOWN_BATCH>;

/** The workflow's memo with a {@link KNOWN_BATCH}. */
export const KNOWN_MEMO = 'known';
/** The memo of a run before which Temporal had none of its batch. */
export const FIRST_RUN_MEMO = 'firstRun';
