import {
  ServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { HummingbatchError, isErrorCode } from '../contract/index.ts';

/** The one place where what Temporal's client throws becomes an error of ours. */
export function toClientError(error: unknown, batchId: string): HummingbatchError {
  if (error instanceof HummingbatchError) return error;
  if (error instanceof WorkflowNotFoundError) return unknownBatch(batchId);
  const failed = error instanceof WorkflowFailedError || error instanceof WorkflowUpdateFailedError;
  const cause = failed ? error.cause : error;
  if (cause instanceof ApplicationFailure && isErrorCode(cause.type))
    return fromFailure(cause, cause.type, batchId);
  if (error instanceof ServiceError || isTimeout(error)) {
    return new HummingbatchError('no-temporal', `The Temporal server did not answer: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return new HummingbatchError('internal', messageOf(cause), { cause: error });
}

export function unknownBatch(batchId: string): HummingbatchError {
  return new HummingbatchError('batch-unknown', `There is no batch ${batchId}.`);
}

function fromFailure(
  failure: ApplicationFailure,
  code: HummingbatchError['code'],
  batchId: string,
): HummingbatchError {
  const fix = (failure.details?.[0] as { fix?: unknown } | undefined)?.fix;
  return new HummingbatchError(code, failure.message, {
    ...(typeof fix === 'string' && { fix: fix.replaceAll(' ID', ` ${batchId}`) }),
    cause: failure,
  });
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && (error.name === 'GrpcTimeoutError' || /deadline/i.test(error.message));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
