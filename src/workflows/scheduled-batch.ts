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

/** Temporal's own: for when a schedule has started this, to the second. */
const SCHEDULED_TIME = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

const FIRST_RETRY_DELAY_MS = 60_000;
/** As often as a stopped batch looks again. */
const MAX_RETRY_DELAY_MS = 30 * 60_000;

/**
 * One firing of a schedule: puts its manifest into the store as a batch of its own, starts that batch and waits for its end.
 * Cancelled it cancels the batch; terminated it leaves the batch alone.
 *
 * It fails as its batch fails, and for an id that is taken by another content. A batch that runs already under the firing's id is
 * the firing's: it ends at once and says so. A store that is away is waited for.
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
    setCurrentDetails(
      formatDetails(schedule, batchId, 'It was running before this firing, and goes on by itself.'),
    );
    return { batchId, attached: true };
  }
}

/** A firing is not lost for a full disk or a worker that is not its own: it is tried until it is done, like a step of a batch. */
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
      setCurrentDetails(formatDetails(schedule, input.batchId, waitingFor(reason, pauseMs)));
      await sleep(pauseMs, { summary: `not begun (${reason.code}): next try` });
    }
  }
}

function waitingFor({ code, message }: Reason, pauseMs: number): string {
  const next = new Date(Date.now() + pauseMs).toISOString().replace(/\.\d+Z$/, 'Z');
  return `**It has not begun**, for ${code}: ${message} It is tried again at ${next}.`;
}

function describeEnd({ state, outputs }: BatchResult): string {
  return `It ended as ${state}, with ${outputs.image} of ${outputs.total} images.`;
}

/** The page of a firing in Temporal's UI, in Markdown. */
function formatDetails(schedule: string, batchId: string, how?: string): string {
  return [
    `## A firing of the schedule ${schedule}`,
    '',
    `Its batch is **${batchId}**, the workflow \`${toWorkflowId(batchId)}\`.`,
    ...(how ? ['', how] : []),
    '',
    `- \`${toCommand({ action: 'status', batchId })}\`: where it stands and what can be done`,
    `- \`${toCommand({ action: 'cancel', batchId })}\`: cancel it, as cancelling this workflow does; terminating this workflow leaves it alone`,
    `- \`${toCommand({ action: 'pause-schedule', schedule })}\`: no further firings until it is resumed`,
  ].join('\n');
}
