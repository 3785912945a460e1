import { workflowInfo } from '@temporalio/workflow';
import {
  FLAGS,
  type ImageBatchInput,
  isBatchId,
  MAX_RETRY_KEYS,
  OUTCOMES,
  type RetryRequest,
  workflowIdOf,
} from '../contract/index.ts';
import { failure } from './failure.ts';

/** It becomes the name of a file. */
const RETRY_ID = /^[\w-]{1,60}$/;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';

function listOf(isOne: Check, most: number): Check {
  return (value) => Array.isArray(value) && value.length <= most && value.every(isOne);
}

const CHECKS: Record<keyof RetryRequest, Check> = {
  id: (value) => isText(value) && RETRY_ID.test(value as string),
  uri: isText,
  keys: listOf(isText, MAX_RETRY_KEYS),
  outcomes: listOf((value) => (OUTCOMES as readonly unknown[]).includes(value), OUTCOMES.length),
  flags: listOf((value) => (FLAGS as readonly unknown[]).includes(value), FLAGS.length),
};

/**
 * The input as it may come from any language or by hand. The options are read beside.
 *
 * @throws `usage`, which ends the batch before it began
 */
export function readInput(input: ImageBatchInput): ImageBatchInput {
  const { batchId, retry } = input;
  if (!isText(batchId) || !isBatchId(batchId)) throw failure('usage', `${shown(batchId)} is no batch id.`);
  // Beside its own id it would be a second workflow of one batch.
  const { workflowId } = workflowInfo();
  if (workflowId !== workflowIdOf(batchId))
    throw failure(
      'usage',
      `The workflow of the batch ${batchId} is ${workflowIdOf(batchId)}, and not ${workflowId}.`,
    );
  if (!retry) return input;
  // An id that is missing has to be seen, too.
  for (const [name, value] of Object.entries({ ...retry, id: retry.id })) {
    const check = Object.hasOwn(CHECKS, name) && CHECKS[name as keyof RetryRequest];
    if (!check) throw failure('usage', `A retry has no field ${name}.`);
    if (!check(value)) throw failure('usage', `The field ${name} of the retry cannot be ${shown(value)}.`);
  }
  return input;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  return Array.isArray(value) && value.length > MAX_RETRY_KEYS
    ? `a list of ${value.length}: at most ${MAX_RETRY_KEYS} go through the history`
    : JSON.stringify(value).slice(0, 200);
}
