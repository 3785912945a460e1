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
  const limit = findLimit(error);
  if (limit) return new HummingbatchError('request-limit', limit(batchId), { cause: error });
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

/**
 * What {@link toClientError} gives, for an update that was sent. Temporal may have accepted it: then a worker that comes later carries
 * it out, and pays for what it asks for.
 */
export function toUpdateError(error: unknown, batchId: string): HummingbatchError {
  const known = toClientError(error, batchId);
  if (known.code !== 'no-worker' && known.code !== 'no-temporal') return known;
  return new HummingbatchError(
    known.code,
    `${known.message} The request was sent and may still be carried out.`,
    {
      fix: 'Start a worker, which carries it out, or cancel the batch.',
      actions: [...known.actions, { action: 'cancel', batchId }],
      cause: known,
    },
  );
}

function fromFailure(failure: ApplicationFailure, code: HummingbatchError['code']): HummingbatchError {
  const { message = failure.message, ...toDo } = readFailureDetails(failure.details);
  return new HummingbatchError(code, message, { ...toDo, cause: failure });
}

/** Temporal's limits of one run of a workflow, by the texts of its server 1.28 to 1.32. */
const LIMITS: readonly [pattern: RegExp, sentence: (batchId: string) => string][] = [
  [
    /in-flight updates/,
    (batchId) =>
      `Ten requests to the batch ${batchId} wait for a worker: Temporal takes no more until they are answered.`,
  ],
  [
    /number of distinct updates/,
    (batchId) =>
      `The batch ${batchId} has taken as many requests as Temporal keeps. It takes more when it next continues.`,
  ],
  [
    /limit for signal events/,
    (batchId) => `The batch ${batchId} has taken as many signals as Temporal keeps.`,
  ],
];

function findLimit(error: unknown): ((batchId: string) => string) | undefined {
  const message = error instanceof ServiceError ? readMessage(error.cause) : readMessage(error);
  return LIMITS.find(([pattern]) => pattern.test(message))?.[1];
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
