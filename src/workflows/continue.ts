import { continueAsNew } from '@temporalio/workflow';
import type { BatchResult, ImageBatchInput, Stop } from '../contract/index.ts';
import type { Batch } from './batch.ts';
import type { Carried } from './carried.ts';

type ImageBatch = (input: ImageBatchInput, carried: Carried) => Promise<BatchResult>;

/**
 * Continues the batch as a new run of the workflow where its history is long. Called after each wait, when no step runs: the store has
 * every permit and answer, so the next run finds the open round there.
 */
export async function continueIfLong(batch: Batch): Promise<void> {
  if (batch.history.isLong) await continueNow(batch);
}

/** @param stop in which the batch waits: the next run waits on */
export function continueNow(batch: Batch, stop?: Stop): Promise<never> {
  return continueAsNew<ImageBatch>(batch.currentInput, batch.carry(stop));
}
