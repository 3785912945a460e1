/**
 * Batches of hummingbatch from inside a workflow of your own, typed. It knows the batch by its name only, so none of its code
 * comes into your bundle. What `imageBatch` runs on is a worker of hummingbatch, on a task queue of its own.
 *
 * @example
 * ```ts
 * import { proxyActivities } from '@temporalio/workflow';
 * import { executeImageBatch } from 'hummingbatch/child-workflow';
 *
 * // An activity that calls `putBatch` of `hummingbatch/client`.
 * const { putImages } = proxyActivities<typeof activities>({ startToCloseTimeout: '5m' });
 *
 * export async function order(id: string): Promise<number> {
 *   const { outputs } = await executeImageBatch(await putImages(id));
 *   return outputs.image;
 * }
 * ```
 */
import {
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  executeChild,
  ParentClosePolicy,
  startChild,
} from '@temporalio/workflow';
import { type ImageBatchInput, toWorkflowId, WORKFLOW_TYPE } from '../contract/input.ts';
import type { BatchResult } from '../contract/progress.ts';
import { DEFAULT_TASK_QUEUE } from '../contract/queues.ts';

export type { ImageBatchInput } from '../contract/input.ts';
export type { BatchOptions } from '../contract/options.ts';
export type { BatchResult } from '../contract/progress.ts';

/** The workflow of a batch, as its types are. */
export type ImageBatch = (input: ImageBatchInput) => Promise<BatchResult>;

/** How a batch is started from inside a workflow. */
export interface ChildBatchOptions {
  /** What hummingbatch's worker serves. Default `hummingbatch`. */
  taskQueue?: string;
  /**
   * What becomes of the batch where your workflow closes before it. Default `ABANDON`: it goes on, for it may have been paid
   * for. `REQUEST_CANCEL` cancels it, and what its job has finished is kept; `TERMINATE` leaves its job to nobody.
   */
  parentClosePolicy?: ParentClosePolicy;
  /** One line for Temporal's pages. Default: `batch` and its id. */
  summary?: string;
  /** Of its manifest; who starts the same batch again compares it. Unset: the store knows it, too. */
  fingerprint?: string;
}

/**
 * Starts a batch and returns once it runs. It lives on by itself: neither your workflow's end nor its cancellation ends it;
 * `getExternalWorkflowHandle(handle.workflowId).cancel()` does.
 *
 * The batch's id is its name in Temporal, so it is started once. One that has ended is started again only to say how: it makes
 * nothing, and its result is the same.
 *
 * @param input as `putBatch` of `hummingbatch/client` answers it: its manifest lies in the store
 * @throws `WorkflowExecutionAlreadyStartedError` where the batch runs already, whoever started it. It goes on; a workflow can wait
 *   only for what it started itself. Started with `retry` it would be the same: a running batch takes the update `retry`.
 */
export function startImageBatch(
  input: ImageBatchInput,
  options: ChildBatchOptions = {},
): Promise<ChildWorkflowHandle<ImageBatch>> {
  return startChild<ImageBatch>(WORKFLOW_TYPE, {
    ...childOptions(input, options),
    cancellationType: ChildWorkflowCancellationType.ABANDON,
  });
}

/**
 * Starts a batch and waits for its end, however long that is, a stop included. Cancelling your workflow, or the scope in which
 * this was called, cancels the batch and waits until what its job had finished is collected; terminating your workflow leaves
 * the batch alone.
 *
 * @param input as `putBatch` of `hummingbatch/client` answers it: its manifest lies in the store
 * @returns how it ended; `COMPLETED_WITH_FAILURES` is an end like `COMPLETED`
 * @throws `WorkflowExecutionAlreadyStartedError` as {@link startImageBatch}; `ChildWorkflowFailure` where the batch was cancelled
 *   or failed, with an `ApplicationFailure` as cause whose `type` is one of hummingbatch's codes: `manifest-invalid`,
 *   `batch-conflict`, `reference-unreachable`, `approval-refused`, `usage`
 */
export function executeImageBatch(
  input: ImageBatchInput,
  options: ChildBatchOptions = {},
): Promise<BatchResult> {
  return executeChild<ImageBatch>(WORKFLOW_TYPE, {
    ...childOptions(input, options),
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
}

function childOptions(
  input: ImageBatchInput,
  { taskQueue, parentClosePolicy, summary, fingerprint }: ChildBatchOptions,
) {
  const store = input.options?.store;
  return {
    workflowId: toWorkflowId(input.batchId),
    taskQueue: taskQueue ?? DEFAULT_TASK_QUEUE,
    args: [input] as [ImageBatchInput],
    // The store has the last word on what is left to do: of an ended batch that is nothing.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    parentClosePolicy: parentClosePolicy ?? ParentClosePolicy.ABANDON,
    memo: { ...(fingerprint && { fingerprint }), ...(store && { store }) },
    staticSummary: summary ?? `batch ${input.batchId}`,
  } satisfies ChildWorkflowOptions & { args: [ImageBatchInput] };
}
