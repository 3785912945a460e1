import { ActivityFailure, ApplicationFailure, rootCause, TimeoutFailure } from '@temporalio/workflow';
import { type ErrorCode, isErrorCode } from '../contract/index.ts';

/**
 * A failure of the workflow's own: a reason to stop, or a message refused.
 *
 * @param fix what to do, where the table of codes does not know it
 */
export function failure(code: ErrorCode, message: string, fix?: string): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: true,
    ...(fix !== undefined && { details: [{ fix }] }),
  });
}

/** A failure of a step, in our words. */
export interface Reason {
  code: ErrorCode;
  message: string;
  /** Where whoever failed knew better than the table of codes. */
  fix?: string;
}

export function findReason(error: unknown): Reason {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) {
    const fix = (cause.details?.[0] as { fix?: unknown } | undefined)?.fix;
    return { code: cause.type, message: cause.message, ...(typeof fix === 'string' && { fix }) };
  }
  if (cause instanceof TimeoutFailure) {
    return { code: 'aborted', message: 'Every worker that took this step stopped answering.' };
  }
  return { code: 'internal', message: rootCause(error) ?? String(error) };
}
