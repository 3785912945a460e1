/** Workflows of a service that uses hummingbatch, bundled by Temporal as usual. */
import { ParentClosePolicy, proxyActivities } from '@temporalio/workflow';
import {
  type BatchResult,
  executeImageBatch,
  type ImageBatchInput,
  startImageBatch,
} from 'hummingbatch/child-workflow';

interface OrderActivities {
  putImages(order: string): Promise<ImageBatchInput>;
}

const { putImages } = proxyActivities<OrderActivities>({ startToCloseTimeout: '1m' });

/** Waits for the images of an order. */
export async function order(id: string, taskQueue: string): Promise<BatchResult> {
  return executeImageBatch(await putImages(id), { taskQueue, summary: `images of ${id}` });
}

/** Starts the images and ends without waiting, or stays open until it is ended itself. */
export async function orderAhead(id: string, taskQueue: string, stays: boolean): Promise<string> {
  const batch = await startImageBatch(await putImages(id), { taskQueue });
  if (stays) await batch.result();
  return batch.workflowId;
}

/** Its images are cancelled with it. */
export async function orderTogether(id: string, taskQueue: string): Promise<void> {
  const parentClosePolicy = ParentClosePolicy.REQUEST_CANCEL;
  await startImageBatch(await putImages(id), { taskQueue, parentClosePolicy });
}
