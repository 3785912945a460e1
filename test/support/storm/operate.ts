import { setTimeout as pause } from 'node:timers/promises';
import type { BatchHandle } from '../../../src/client/index.ts';
import { type BatchProgress, HummingbatchError, isEnd } from '../../../src/contract/index.ts';
import type { Emulator, JobEntry } from '../../../src/emulator/index.ts';

/** With a wrong clock each lost answer costs a minute. */
const ENDS_WITHIN_MS = 300_000;
const LOOKS_EVERY_MS = 300;

/** Does what the runbook says about each stop, until the batch has ended. @throws where it does not end */
export async function operate(batch: BatchHandle, emulator: Emulator): Promise<BatchProgress> {
  for (const since = Date.now(); Date.now() - since < ENDS_WITHIN_MS; ) {
    try {
      const progress = await batch.status();
      if (isEnd(progress.state) && progress.stop?.code !== 'store-behind') return progress;
      if (progress.stop) await settle(batch, progress, await emulator.ledger());
    } catch (error) {
      // No worker runs, or the state has changed since.
      if (!(error instanceof HummingbatchError)) throw error;
    }
    await pause(LOOKS_EVERY_MS);
  }
  throw new Error(`${batch.id} did not end: ${JSON.stringify(await batch.status())}`);
}

async function settle(
  batch: BatchHandle,
  { stop, jobs, costUsd, batchId }: BatchProgress,
  ledger: { jobs: JobEntry[] },
): Promise<unknown> {
  const isUnsettled =
    stop?.code === 'submission-unknown' || (stop?.code === 'over-budget' && costUsd.reserved);
  if (!isUnsettled) return stop?.code === 'over-budget' ? batch.accept() : batch.retry();
  // As a person does who looks at Google's list of batches.
  const own = ledger.jobs.filter(({ displayName }) => displayName?.startsWith(`hb/${batchId}/`));
  const unknown = own.find(({ name }) => !jobs.some((job) => job.name === name));
  return batch.adopt(unknown?.name ?? 'none');
}
