/**
 * Starts batches of hummingbatch from a workflow of your own, typed. It knows `imageBatch` by its name only, so none of its code
 * is in your bundle. `imageBatch` runs on a worker of hummingbatch, on its own task queue.
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

/** The type of the workflow of a batch. */
export type ImageBatch = (input: ImageBatchInput) => Promise<BatchResult>;

/** How a batch is started from inside a workflow. */
export interface ChildBatchOptions {
  /** The task queue of hummingbatch's worker. Default `hummingbatch`. */
  taskQueue?: string;
  /**
   * What happens to the batch if your workflow closes first. Default `ABANDON`: the batch continues, because it may be paid
   * already. `REQUEST_CANCEL` cancels it and keeps the finished images. `TERMINATE` leaves its job running at Google.
   */
  parentClosePolicy?: ParentClosePolicy;
  /** One line for the Temporal UI. Default: `batch` and its id. */
  summary?: string;
  /** Of its manifest. A start of the same batch compares it. Unset: the start reads it from the store. */
  fingerprint?: string;
}

/**
 * Starts a batch and returns once it runs. The batch is independent: neither the end of your workflow nor its cancellation ends
 * the batch; `getExternalWorkflowHandle(handle.workflowId).cancel()` does.
 *
 * The workflow id contains the batch's id, so a batch is started once. If it has ended, a start makes nothing and has the same
 * result.
 *
 * @param input the answer of `putBatch` of `hummingbatch/client`: its manifest is in the store
 * @throws `WorkflowExecutionAlreadyStartedError` if the batch runs already. It continues; a workflow can wait only for a workflow
 *   that it started itself. This is the same with `retry` in the input: a running batch takes the update `retry`.
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
 * Starts a batch and waits for its end, including stops, however long that takes. If your workflow or the scope of this call is
 * cancelled, the batch is cancelled and its finished images are collected before this ends. If your workflow is terminated, the
 * batch continues.
 *
 * @param input the answer of `putBatch` of `hummingbatch/client`: its manifest is in the store
 * @returns how the batch ended; `COMPLETED_WITH_FAILURES` is an end like `COMPLETED`
 * @throws `WorkflowExecutionAlreadyStartedError` as {@link startImageBatch}; `ChildWorkflowFailure` if the batch was cancelled
 *   or failed, with an `ApplicationFailure` as cause whose `type` is a code of hummingbatch: `manifest-invalid`,
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
    // The store decides what is left to do. After the end of a batch that is nothing.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE',
    parentClosePolicy: parentClosePolicy ?? ParentClosePolicy.ABANDON,
    memo: { ...(fingerprint && { fingerprint }), ...(store && { store }) },
    staticSummary: summary ?? `batch ${input.batchId}`,
  } satisfies ChildWorkflowOptions & { args: [ImageBatchInput] };
}
