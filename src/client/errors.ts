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

/** Turns what Temporal's client throws into a HummingbatchError, for all of this folder. */
export function toClientError(error: unknown, batchId: string): HummingbatchError {
  if (error instanceof HummingbatchError) return error;
  if (error instanceof WorkflowNotFoundError)
    return new HummingbatchError('batch-unknown', `Temporal knows of no open batch ${batchId}.`, {
      cause: error,
    });
  const failed = error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError;
  const cause = failed ? error.cause : error;
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return fromFailure(cause, cause.type);
  if (lacksWorker(error)) {
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
 * The server answers and no worker does: an update that was not accepted in time, or a query for which the server reports it.
 * On a busy machine a query that reaches its deadline is sometimes CANCELLED.
 */
function lacksWorker(error: unknown): boolean {
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return true;
  const cause = error instanceof ServiceError ? error.cause : undefined;
  return (
    cause instanceof Error &&
    error instanceof Error &&
    error.message.includes('query') &&
    /DEADLINE_EXCEEDED|CANCELLED|no poller/i.test(cause.message)
  );
}
