import { sleep } from '@temporalio/workflow';
import type { BatchResult } from '../contract/index.ts';
import type { Batch } from './batch.ts';
import { AcceptedAsItIs } from './persist.ts';
import { reportBatch } from './report.ts';
import { collectRound } from './round.ts';
import { findJob } from './submit.ts';
import { awaitJob } from './wait.ts';

/**
 * What a cancelled batch still owes: no job is left running, what the job had finished is collected, and there is a
 * report. Runs outside of the cancelled scope; a step that cannot be done stops like any other, and `accept` ends it.
 */
export async function settleCancelled(batch: Batch): Promise<BatchResult | undefined> {
  batch.cancelling = true;
  batch.requests.cancel = false;
  if (!batch.prepared) return undefined;
  try {
    await endOpenRound(batch);
  } catch (error) {
    if (!(error instanceof AcceptedAsItIs)) throw error;
    if (batch.progress.job)
      batch.notes.push(`The job ${batch.progress.job} may have been left behind at Google.`);
  }
  return reportBatch(batch, 'cancelled');
}

async function endOpenRound(batch: Batch): Promise<void> {
  const { round } = batch.progress;
  if (round === 0 || batch.collected >= round) return;
  batch.enter('CANCELLING');
  let search = await findJob(batch, round);
  if (search.unanswered && !search.found) {
    await sleep(batch.options.submitWindowMs, {
      summary: `round ${round}: a submission may still come to light`,
    });
    search = await findJob(batch, round);
  }
  const jobs = [search.found, ...search.extras].filter((found) => found !== undefined);
  if (jobs.length === 0) return;
  const ends = [];
  for (const { job, submission } of jobs) {
    const known = batch.progress.jobs.some(({ name }) => name === job);
    if (!known) batch.noteJob({ name: job, round, submission, state: 'PENDING' });
    ends.push(await awaitJob(batch, { job, round, submittedAt: Date.now(), cancel: true }));
  }
  await collectRound(batch, round, ...ends);
}
