import {
  isGrpcServiceError,
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { readMessage } from '../contract/caught-error.ts';
import { HummingbatchError, isErrorCode, readFailureDetails } from '../contract/index.ts';

/** The one place where what Temporal's client throws becomes an error of ours. */
export function toClientError(error: unknown, batchId: string): HummingbatchError {
  if (error instanceof HummingbatchError) return error;
  if (error instanceof WorkflowNotFoundError)
    return new HummingbatchError('batch-unknown', `Temporal knows of no open batch ${batchId}.`, {
      cause: error,
    });
  const failed = error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError;
  const cause = failed ? error.cause : error;
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return fromFailure(cause, cause.type);
  if (isUnanswered(error)) {
    return new HummingbatchError('no-worker', `No worker answered for the batch ${batchId}.`, {
      cause: error,
    });
  }
  if (error instanceof ServiceError || isGrpcServiceError(error)) {
    return new HummingbatchError(
      'no-temporal',
      `The Temporal server did not answer: ${readMessage(error)}.`,
      {
        cause: error,
      },
    );
  }
  return new HummingbatchError('internal', readMessage(cause), { cause: error });
}

function fromFailure(failure: ApplicationFailure, code: HummingbatchError['code']): HummingbatchError {
  const { message = failure.message, ...toDo } = readFailureDetails(failure.details);
  return new HummingbatchError(code, message, { ...toDo, cause: failure });
}

/**
 * The server took the question, and nobody serves the workflow: an update that was not accepted in time, or a query of
 * which the server itself says so. A query that reaches its deadline on a busy machine is now and then CANCELLED.
 */
function isUnanswered(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return (
    cause instanceof Error &&
    error instanceof Error &&
    error.message.includes('query') &&
    /DEADLINE_EXCEEDED|CANCELLED|no poller/i.test(cause.message)
  );
}
