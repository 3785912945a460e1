import { type Client, ServiceError } from '@temporalio/client';
import { HummingbatchError, toWorkflowId } from '../contract/index.ts';
import type { KnownBatch } from '../contract/known.ts';
import { readKnown } from './behind.ts';

/** Temporal answers in milliseconds. */
const ANSWERED_WITHIN_MS = 10_000;
/** Retries of one batch. More are not looked at: each run tells the next one what it knows. */
const MAX_RUNS = 20;

/**
 * What Temporal knows of a batch by the last of its runs that has submitted, other than this one. Undefined: none has, or Temporal has
 * deleted it with its retention.
 *
 * @throws `unavailable` where Temporal does not answer
 */
export async function knownBefore(
  client: Client,
  batchId: string,
  runId: string,
  signal: AbortSignal,
): Promise<KnownBatch | undefined> {
  const find = () => findInRuns(client, batchId, runId);
  try {
    return await client.withDeadline(Date.now() + ANSWERED_WITHIN_MS, () =>
      client.withAbortSignal(signal, find),
    );
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new HummingbatchError('unavailable', 'Temporal does not list the earlier runs of the batch.', {
      cause: error,
    });
  }
}

async function findInRuns(client: Client, batchId: string, runId: string): Promise<KnownBatch | undefined> {
  const workflowId = toWorkflowId(batchId);
  let runs = 0;
  for await (const run of client.workflow.list({ query: `WorkflowId = '${workflowId}'` })) {
    if (run.runId === runId) continue;
    // The list may lag behind the memo by a second.
    const { memo = {} } = await client.workflow.getHandle(workflowId, run.runId).describe();
    const known = readKnown(memo);
    runs += 1;
    if (known || runs === MAX_RUNS) return known;
  }
  return undefined;
}
