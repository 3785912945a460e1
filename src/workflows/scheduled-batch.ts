import { defineSearchAttributeKey, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  isCancellation,
  log,
  setCurrentDetails,
  sleep,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { PutScheduledInput, ScheduledManifest } from '../activities/types.ts';
import {
  type BatchResult,
  type FiringResult,
  getRetryPolicy,
  type ScheduledBatchInput,
  toCommand,
  toFiringBatchId,
  toWorkflowId,
} from '../contract/index.ts';
import { activityRunner } from './activities.ts';
import { executeImageBatch } from './child.ts';
import { failure, findReason, type Reason } from './failure.ts';
import { readScheduledInput } from './read.ts';

/** Temporal's own search attribute: the time of the firing, to the second. */
const SCHEDULED_TIME = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

const FIRST_RETRY_DELAY_MS = 60_000;
/** The same as for a stopped batch. */
const MAX_RETRY_DELAY_MS = 30 * 60_000;

/**
 * One firing of a schedule: puts the manifest into the store as a batch of its own, starts the batch and waits for its end. If it
 * is cancelled, the batch is cancelled. If it is terminated, the batch continues.
 *
 * It fails if its batch fails, or if the batch id is taken by another content. If the batch runs already under that id, the firing
 * ends at once and says so. It waits for a store that is not available.
 */
export async function scheduledBatch(input: ScheduledBatchInput): Promise<FiringResult> {
  const { schedule, options = {}, manifest } = readScheduledInput(input);
  const { typedSearchAttributes, startTime, taskQueue } = workflowInfo();
  const batchId = toFiringBatchId(schedule, typedSearchAttributes.get(SCHEDULED_TIME) ?? startTime);
  const { store, endpoint } = options;
  setCurrentDetails(formatDetails(schedule, batchId));
  const { fingerprint, summary, ...put } = await putManifest(schedule, {
    batchId,
    where: { ...(store && { store }), ...(endpoint && { endpoint }) },
    manifest,
  });
  try {
    const result = await executeImageBatch(
      { batchId, manifest: put.manifest, options },
      { taskQueue, fingerprint, summary },
    );
    setCurrentDetails(formatDetails(schedule, batchId, describeEnd(result)));
    return result;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    log.info('the batch of this firing runs already', { batch: batchId });
    setCurrentDetails(formatDetails(schedule, batchId, 'The batch ran before this firing, and continues.'));
    return { batchId, attached: true };
  }
}

/** Tries until it is done, like a step of a batch: a firing must not be lost for a full disk or a worker with another store. */
async function putManifest(schedule: string, input: PutScheduledInput): Promise<ScheduledManifest> {
  const run = activityRunner();
  for (let pauseMs = FIRST_RETRY_DELAY_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_RETRY_DELAY_MS)) {
    try {
      return await run('putScheduled', `put the manifest of ${input.batchId} into the store`, input);
    } catch (error) {
      if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
      const reason = findReason(error);
      if (getRetryPolicy(reason.code) !== 'soon')
        throw failure(reason.code, reason.message, {
          ...(reason.fix && { fix: reason.fix }),
          ...(reason.actions && { actions: reason.actions }),
        });
      setCurrentDetails(formatDetails(schedule, input.batchId, describeWait(reason, pauseMs)));
      await sleep(pauseMs, { summary: `not started (${reason.code}): waiting for the next try` });
    }
  }
}

function describeWait({ code, message }: Reason, pauseMs: number): string {
  const next = new Date(Date.now() + pauseMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return `**The batch is not started** (${code}): ${message} The next try is at ${next}.`;
}

function describeEnd({ state, outputs }: BatchResult): string {
  return `The batch ended as ${state}, with ${outputs.image} of ${outputs.total} images.`;
}

/** The current details of a firing in the Temporal UI, in Markdown. */
function formatDetails(schedule: string, batchId: string, how?: string): string {
  return [
    `## A firing of the schedule ${schedule}`,
    '',
    `Its batch is **${batchId}**, the workflow \`${toWorkflowId(batchId)}\`.`,
    ...(how ? ['', how] : []),
    '',
    `- \`${toCommand({ action: 'status', batchId })}\`: where it stands and what can be done`,
    `- \`${toCommand({ action: 'cancel', batchId })}\`: cancel the batch; cancelling this workflow does the same, terminating it does not`,
    `- \`${toCommand({ action: 'pause-schedule', schedule })}\`: no further firings until it is resumed`,
  ].join('\n');
}
