import type { Outcome, Reason } from '../contract/words.ts';

/**
 * Whether another try helps. `transient`: it may succeed next time. `weak`: the model may decide differently, so one
 * more try is worth its price. `permanent`: the same request ends the same way. `kept`: the answer came whole and was billed, and
 * its bytes are kept, so only an operator may pay for another.
 */
export type RetryClass = 'transient' | 'weak' | 'permanent' | 'kept';

/** The outcome of an output without an image. */
export type Loss = Exclude<Outcome, 'image'>;

interface ReasonRow {
  /** `refused`: a policy. `failed`: Google reported an error. `missing`: no answer for this output. */
  outcome: Loss;
  retry: RetryClass;
  /** The message where Google gave none. */
  sentence: string;
}

/** The table of reasons. Which ones are permanent or weak follows the experience of this API's users. */
const ROWS: Readonly<Record<Reason, ReasonRow>> = {
  'prohibited-content': row('refused', 'permanent', 'The model refused: prohibited content.'),
  'image-prohibited-content': row('refused', 'permanent', 'The model refused its image: prohibited content.'),
  recitation: row('refused', 'permanent', 'The model refused: too close to existing material.'),
  blocklist: row('refused', 'permanent', 'The model refused: the prompt holds a blocked term.'),
  spii: row('refused', 'permanent', 'The model refused: sensitive personal information.'),
  'prompt-blocked': row('refused', 'permanent', 'The prompt was blocked before the model saw it.'),
  // Google checks the generated content, which differs from try to try: weak, like image-safety.
  safety: row('refused', 'weak', 'The model refused: safety.'),
  'image-safety': row('refused', 'weak', 'The model refused its image: safety.'),
  'no-image': row('failed', 'weak', 'The model made no image.'),
  'text-only': row('failed', 'weak', 'The model answered with text only.'),
  'max-tokens': row('failed', 'weak', 'The model reached its token limit before the image.'),
  other: row('failed', 'weak', 'The model stopped and did not say why.'),
  'image-other': row('failed', 'weak', 'The model made no image and did not say why.'),
  undecodable: row('failed', 'kept', 'The image data is not a complete image of a known format.'),
  unreadable: row('failed', 'kept', 'The answer came, and hummingbatch does not understand it.'),
  'unknown-code': row('failed', 'weak', 'Google answered with a code that hummingbatch does not know.'),
  invalid: row('failed', 'permanent', 'Google rejected this request as invalid.'),
  deadline: row('failed', 'transient', 'Google did not finish this request in time.'),
  quota: row('failed', 'transient', 'Google had no quota left for this request.'),
  internal: row('failed', 'transient', 'Google failed on this request.'),
  unavailable: row('failed', 'transient', 'Google was not available for this request.'),
  cancelled: row('failed', 'transient', 'The request was cancelled.'),
  malformed: row('failed', 'transient', 'The line of the result file is not an answer.'),
  'reference-expired': row('failed', 'transient', 'A reference was no longer there when the request ran.'),
  'no-answer': row('missing', 'transient', 'No job answered for this output.'),
  'job-expired': row('missing', 'transient', 'The job expired before it answered.'),
  'job-failed': row('missing', 'transient', 'The job failed before it answered.'),
};

function row(outcome: Loss, retry: RetryClass, sentence: string): ReasonRow {
  return { outcome, retry, sentence };
}

export function toOutcome(reason: Reason): Loss {
  return ROWS[reason].outcome;
}

export function getRetryClass(reason: Reason): RetryClass {
  return ROWS[reason].retry;
}

/** The message for a reason where Google gave none; `detail` is Google's word or code for the reason. */
export function formatReason(reason: Reason, detail?: string): string {
  const { sentence } = ROWS[reason];
  return detail ? `${sentence.slice(0, -1)} (${detail}).` : sentence;
}
