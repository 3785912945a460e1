import type { FoundJob, Search } from '../activities/types.ts';
import type { BatchResult } from '../contract/index.ts';
import { awaitEnds } from './await-ends.ts';
import type { Batch } from './batch.ts';
import { collectRound } from './collect.ts';
import { reportBatch } from './report.ts';
import { AcceptedIncomplete } from './retry-until-resolved.ts';
import { cancelJobs } from './stragglers.ts';
import { findAfterWindow, findJob } from './unanswered.ts';

/**
 * Settles a cancelled batch: no job is left running, what the jobs had finished is collected, and a report is written. Runs
 * outside the cancelled scope; a step that fails stops the batch like any other, and `accept` ends it.
 */
export async function settleCancelled(batch: Batch): Promise<BatchResult> {
  batch.cancelling = true;
  batch.requests.cancel = false;
  // Without a plan there is nothing to report.
  if (!batch.prepared) return endUnprepared(batch);
  try {
    await endOpenRound(batch);
  } catch (error) {
    if (!(error instanceof AcceptedIncomplete)) throw error;
    batch.noteLeftBehind();
  }
  return reportBatch(batch, 'cancelled');
}

function endUnprepared(batch: Batch): BatchResult {
  batch.end('CANCELLED');
  const { batchId, outputs, costUsd } = batch.progress;
  return { batchId, state: 'CANCELLED', outputs, rounds: 0, jobs: [], costUsd };
}

async function endOpenRound(batch: Batch): Promise<void> {
  const { round } = batch.progress;
  if (batch.sent < round || batch.collected >= round) return;
  batch.enter('CANCELLING');
  let search = await findJob(batch, round);
  await cancelJobs(batch, round, listJobs(search), 'the batch is cancelled');
  if (search.unanswered) {
    search = await findAfterWindow(batch, round, search.unanswered);
    await cancelJobs(batch, round, listJobs(search), 'the batch is cancelled');
  }
  const jobs = listJobs(search).map(({ job }) => ({ job, round, submittedAt: Date.now() }));
  const ends = await awaitEnds(batch, round, () => jobs);
  if (ends.length > 0) await collectRound(batch, round, ends);
}

function listJobs({ found, extras }: Search): FoundJob[] {
  return found ? [found, ...extras] : extras;
}
