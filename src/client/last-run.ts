import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { toWorkflowId } from '../contract/index.ts';

/** A run of a batch's workflow. */
export interface Run {
  status: string;
  taskQueue: string;
  memo: Record<string, unknown>;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601; unset while it is open. */
  closedAt?: string;
}

/** The last run of a batch as Temporal describes it; undefined where it knows none. */
export async function lastRun(client: Client, batchId: string): Promise<Run | undefined> {
  try {
    const description = await client.workflow.getHandle(toWorkflowId(batchId)).describe();
    const { status, taskQueue, memo = {}, startTime, closeTime } = description;
    return {
      status: status.name,
      taskQueue,
      memo,
      startedAt: startTime.toISOString(),
      ...(closeTime && { closedAt: closeTime.toISOString() }),
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}
