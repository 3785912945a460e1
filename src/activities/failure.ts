import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { defaultActions, getRetryPolicy, HummingbatchError } from '../contract/errors.ts';
import type { FailureDetails } from '../contract/failure-details.ts';

/**
 * The longest wait that a Retry-After can cause. An operator's retry should not come later than this, and a wrong
 * header must not cause a wait of years.
 */
export const MAX_DELAY_MS = 30 * 60_000;

/** An error that further attempts of this activity cannot fix, whatever the retry policy of its code. */
export class NonRetryableError extends HummingbatchError {
  constructor(error: HummingbatchError, message: string) {
    super(error.code, message, { fix: error.fix, actions: error.actions, cause: error });
  }
}

/**
 * Another worker of the queue may be the right one. Offering the step costs nothing, so the pause stays at 1 s and does
 * not double.
 */
const OFFER_EVERY_MS = 1_000;

/** For a step of a batch that belongs to a worker with another store, endpoint or key. */
export function wrongWorker(message: string): HummingbatchError {
  return new HummingbatchError('wrong-worker', message, { retryAfterMs: OFFER_EVERY_MS });
}

/**
 * The one place where an error becomes a Temporal failure: its type is the error code, its details say what to do.
 * Causes are dropped: they may quote secrets, and a history must hold none.
 */
export function toFailure(error: unknown, signal: AbortSignal): ApplicationFailure | CancelledFailure {
  if (signal.aborted) return toInterruption(signal.reason);
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
    nonRetryable: known instanceof NonRetryableError || getRetryPolicy(known.code) !== 'soon',
    details: [toDetails(known)],
    ...(known.retryAfterMs !== undefined && {
      nextRetryDelay: Math.min(known.retryAfterMs, MAX_DELAY_MS),
    }),
  });
}

function toDetails({ code, fix, actions }: HummingbatchError): FailureDetails {
  // In place of the code's own actions the workflow chooses some: it knows the step and the batch.
  return { fix, ...(actions !== defaultActions(code) && { actions }) };
}

/** A worker that stops interrupts its steps. Another worker continues them; the batch is not cancelled. */
function toInterruption(reason: unknown): ApplicationFailure | CancelledFailure {
  if (reason instanceof CancelledFailure && reason.message !== 'WORKER_SHUTDOWN') return reason;
  return ApplicationFailure.create({
    type: 'aborted',
    message: 'The worker stopped; another worker continues this step.',
  });
}
