import { ActivityFailure, ApplicationFailure, rootCause, TimeoutFailure } from '@temporalio/workflow';
import { type ErrorCode, type FailureDetails, isErrorCode, readFailureDetails } from '../contract/index.ts';
import { toWellFormed } from '../contract/text.ts';

/**
 * A failure that the workflow itself throws: a reason to stop, or a message refused.
 *
 * @param details where the table of codes does not know what to do
 */
export function failure(code: ErrorCode, message: string, details?: FailureDetails): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message: toWellFormed(message),
    nonRetryable: true,
    ...(details && { details: [details] }),
  });
}

/** Why a step failed. What to do is there where the code that threw knew better than the table of codes. */
export interface Reason extends Pick<FailureDetails, 'fix' | 'actions'> {
  code: ErrorCode;
  message: string;
}

export function findReason(error: unknown): Reason {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) {
    const { fix, actions } = readFailureDetails(cause.details);
    return { code: cause.type, message: cause.message, ...(fix && { fix }), ...(actions && { actions }) };
  }
  if (cause instanceof TimeoutFailure) {
    return { code: 'aborted', message: 'Every worker that ran this step stopped sending heartbeats.' };
  }
  return { code: 'internal', message: rootCause(error) ?? String(error) };
}
