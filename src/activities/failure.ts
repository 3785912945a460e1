import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { getRetryPolicy, HummingbatchError } from '../contract/errors.ts';

/** However long the other side would have us wait: a person's retry comes sooner, and a garbled hint is no reason to sleep for years. */
export const MAX_DELAY_MS = 30 * 60_000;

/** An error that no further attempt of this activity can mend, whatever its code says. */
export class Stuck extends HummingbatchError {
  constructor(error: HummingbatchError, message: string) {
    super(error.code, message, { fix: error.fix, cause: error });
  }
}

/** Another worker of the queue may be the right one, and it costs nothing to ask: soon, and not ever more seldom. */
const OFFER_EVERY_MS = 1_000;

/** A step of a batch that is not this worker's. */
export function wrongWorker(message: string): HummingbatchError {
  return new HummingbatchError('wrong-worker', message, { retryAfterMs: OFFER_EVERY_MS });
}

/**
 * The one place where an error becomes a Temporal failure: its type is our code, its details are our `fix`.
 * Causes stay behind: they may quote what nobody should read in a history.
 */
export function toFailure(error: unknown, signal: AbortSignal): ApplicationFailure | CancelledFailure {
  if (signal.aborted) return interrupted(signal.reason);
  if (error instanceof ApplicationFailure) return error;
  const known =
    error instanceof HummingbatchError
      ? error
      : new HummingbatchError(
          'internal',
          error instanceof Error ? `${error.name}: ${error.message}` : String(error),
        );
  return ApplicationFailure.create({
    type: known.code,
    message: known.message,
    nonRetryable: known instanceof Stuck || getRetryPolicy(known.code) !== 'soon',
    details: [{ fix: known.fix }],
    ...(known.retryAfterMs !== undefined && {
      nextRetryDelay: Math.min(known.retryAfterMs, MAX_DELAY_MS),
    }),
  });
}

/** A worker that stops interrupts its steps; another goes on with them, which is no cancellation of the batch. */
function interrupted(reason: unknown): ApplicationFailure | CancelledFailure {
  if (reason instanceof CancelledFailure && reason.message !== 'WORKER_SHUTDOWN') return reason;
  return ApplicationFailure.create({
    type: 'aborted',
    message: 'The worker stopped; another goes on with this step.',
  });
}
