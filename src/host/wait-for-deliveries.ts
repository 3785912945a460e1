import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { toWorkflowId } from '../contract/index.ts';

/** A receiver that runs answers at once. */
const WITHIN_MS = 5_000;
const AGAIN_MS = 100;

/**
 * Waits until a batch's webhooks are delivered, before the process with its only worker ends. The rest waits in Temporal's
 * database for the next worker of the store.
 */
export async function waitForDeliveries(client: Client, batchId: string): Promise<void> {
  for (const since = Date.now(); Date.now() - since < WITHIN_MS; await pause(AGAIN_MS))
    if (await areDelivered(client, batchId)) return;
}

/** An ended batch still lists the workflows that it left running; each has to be described to see whether it has ended. */
async function areDelivered(client: Client, batchId: string): Promise<boolean> {
  const { raw } = await client.workflow.getHandle(toWorkflowId(batchId)).describe();
  const children = raw.pendingChildren ?? [];
  const open = await Promise.all(children.map(({ workflowId }) => isOpen(client, workflowId ?? '')));
  return !open.includes(true);
}

async function isOpen(client: Client, workflowId: string): Promise<boolean> {
  const { status } = await client.workflow.getHandle(workflowId).describe();
  return status.name === 'RUNNING';
}
