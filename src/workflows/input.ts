import {
  FLAGS,
  type ImageBatchInput,
  isBatchId,
  MAX_RETRY_KEYS,
  OUTCOMES,
  type RetryRequest,
  toWorkflowId,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { failure } from './failure.ts';
import { readFields } from './fields.ts';

/** It becomes the name of a file. */
const RETRY_ID = /^[\w-]{1,60}$/;
const SHA256 = /^[0-9a-f]{64}$/;

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';

function isListOf(isOne: Check, most: number): Check {
  return (value) => Array.isArray(value) && value.length <= most && value.every(isOne);
}

const RETRY_CHECKS: Record<keyof RetryRequest, Check> = {
  id: (value) => isText(value) && RETRY_ID.test(value as string),
  uri: isText,
  keys: isListOf(isText, MAX_RETRY_KEYS),
  outcomes: isListOf((value) => (OUTCOMES as readonly unknown[]).includes(value), OUTCOMES.length),
  flags: isListOf((value) => (FLAGS as readonly unknown[]).includes(value), FLAGS.length),
};

/**
 * The input as it may come from any language or by hand. The options are read beside.
 *
 * @param workflowId of the workflow that was started with it
 * @throws `usage`, which ends the batch before it began
 */
export function readInput(sent: ImageBatchInput, workflowId: string): ImageBatchInput {
  const { batchId, manifest, options, retry } = readFields('The input', sent, [
    'batchId',
    'manifest',
    'options',
    'retry',
  ]);
  if (typeof batchId !== 'string' || !isBatchId(batchId))
    throw failure('usage', `${shown(batchId)} is no batch id.`);
  // Beside its own id it would be a second workflow of one batch.
  if (workflowId !== toWorkflowId(batchId))
    throw failure(
      'usage',
      `The workflow of the batch ${batchId} is ${toWorkflowId(batchId)}, and not ${workflowId}.`,
    );
  return {
    batchId,
    ...(manifest !== undefined && { manifest: readManifest(batchId, manifest) }),
    ...(options !== undefined && { options }),
    ...(retry !== undefined && { retry: readRetry(retry) }),
  };
}

/** Where a manifest lies and what its bytes are. @throws `usage` */
export function readManifestPlace(
  sent: NonNullable<ImageBatchInput['manifest']>,
): NonNullable<ImageBatchInput['manifest']> {
  const { uri, sha256 } = readFields('The field manifest', sent, ['uri', 'sha256']);
  if (typeof uri !== 'string' || typeof sha256 !== 'string' || !SHA256.test(sha256))
    throw failure(
      'usage',
      'The manifest must be named by its key in the store (uri) and by the SHA-256 of its bytes in 64 lower-case hex digits (sha256).',
    );
  return { uri, sha256 };
}

/** The later steps read it where every batch has it. */
function readManifest(batchId: string, sent: NonNullable<ImageBatchInput['manifest']>) {
  const manifest = readManifestPlace(sent);
  const place = batchPlaces(batchId).manifest;
  if (manifest.uri !== place)
    throw failure(
      'usage',
      `The manifest of the batch ${batchId} lies at ${place}, and not at ${shown(manifest.uri)}.`,
    );
  return manifest;
}

function readRetry(sent: RetryRequest): RetryRequest {
  const fields = readFields('A retry', sent, Object.keys(RETRY_CHECKS) as (keyof RetryRequest)[]);
  const retry = { ...fields, id: fields.id };
  // An id that is missing has to be seen, too.
  for (const [name, value] of Object.entries(retry))
    if (!RETRY_CHECKS[name as keyof RetryRequest](value))
      throw failure('usage', `The field ${name} of the retry cannot be ${shown(value)}.`);
  return retry as RetryRequest;
}

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  return Array.isArray(value) && value.length > MAX_RETRY_KEYS
    ? `a list of ${value.length}: at most ${MAX_RETRY_KEYS} go through the history`
    : JSON.stringify(value).slice(0, 200);
}
