import { adviseOn, describeMistake, findMistake, withoutNull } from '../contract/check.ts';
import {
  BATCH_OPTIONS,
  type BatchOptions,
  DEFAULT_OPTIONS,
  IMAGE_BATCH_INPUT,
  type ImageBatchInput,
  SCHEDULED_BATCH_INPUT,
  type ScheduledBatchInput,
  toWorkflowId,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import type { Infer, Rule } from '../contract/rules.ts';
import { failure } from './failure.ts';
import { UNREADABLE } from './payload-converter.ts';

/*
 * Inputs and messages may come from any language, or be typed by hand. They are checked before anything is done. Validators of
 * updates check messages too: a message in a history was accepted.
 */

/** @throws `usage`, with the sentence that every other entrance gives */
export function read<R extends Rule>(rule: R, sent: unknown): Infer<R> {
  if (sent === UNREADABLE)
    throw failure('usage', 'What was sent cannot be read: it is not plain JSON.', {
      fix: 'Send it as JSON, without a codec that the worker does not have.',
    });
  const mistake = findMistake(rule, sent);
  if (mistake) throw failure('usage', describeMistake(mistake), { fix: adviseOn(mistake) });
  return withoutNull(sent) as Infer<R>;
}

/**
 * The input of `imageBatch`.
 *
 * @param workflowId of the workflow that was started with it
 * @throws `usage`, which ends the batch before anything is paid
 */
export function readInput(sent: unknown, workflowId: string): ImageBatchInput {
  const input = read(IMAGE_BATCH_INPUT, sent);
  const { batchId, manifest } = input;
  // Under another id it would be a second workflow of one batch.
  if (workflowId !== toWorkflowId(batchId))
    throw failure(
      'usage',
      `The workflow id of the batch ${batchId} must be ${toWorkflowId(batchId)}, and not ${workflowId}.`,
      { fix: `Start it with the workflow id ${toWorkflowId(batchId)}.` },
    );
  const { manifest: uri } = batchPlaces(batchId);
  // The later steps read the manifest there.
  if (manifest && manifest.uri !== uri)
    throw failure('usage', `manifest.uri of the batch ${batchId} must be ${uri}.`, {
      fix: 'Put the manifest there.',
    });
  return input;
}

/** The input of `scheduledBatch`. @throws `usage`, which ends the firing before it has written anything */
export function readScheduledInput(sent: unknown): ScheduledBatchInput {
  return read(SCHEDULED_BATCH_INPUT, sent);
}

/** The options of a batch, with defaults for those that are left out. @throws `usage` */
export function readOptions(sent: unknown = {}): BatchOptions {
  return { ...DEFAULT_OPTIONS, ...read(BATCH_OPTIONS, sent) };
}
