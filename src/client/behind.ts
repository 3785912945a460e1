import type { WorkflowHandle } from '@temporalio/client';
import {
  type BatchProgress,
  type BatchResult,
  type HummingbatchError,
  isAccepted,
  type JobSummary,
} from '../contract/index.ts';
import { KNOWN_BATCH, KNOWN_MEMO, type KnownBatch } from '../contract/known.ts';
import { batchPlaces } from '../contract/places.ts';
import { findLost, storeBehind } from '../store/behind.ts';
import type { Store } from '../store/store.ts';
import type { Run } from './last-run.ts';

/**
 * The progress of a batch that has ended, and of which the store has lost what Temporal knows: FAILED, whatever Temporal says of its
 * end. Undefined where the store has all.
 *
 * @param stored what the store knows of it
 */
export async function findBehind(
  handle: WorkflowHandle,
  store: Store,
  { batchId, run, stored }: { batchId: string; run: Run; stored: BatchProgress | undefined },
): Promise<BatchProgress | undefined> {
  if (!stored && !isOfStore(run, store)) return undefined;
  const known = readKnown(run.memo);
  const { report } = batchPlaces(batchId);
  const lost =
    (known && (await findLost(store, batchId, known))) ??
    (!(await store.head(report)) && (await hasReported(handle, run)) ? `it has no ${report}` : undefined);
  if (!lost) return undefined;
  return toFailed(storeBehind(store, batchId, lost), run, stored ?? emptyProgress(batchId, run), known);
}

/** Whether a run was started with this store, or with another one at the same place. */
export function isOfStore({ memo }: Run, { id, location }: Store): boolean {
  return memo['store'] === id || memo['location'] === location;
}

export function readKnown(memo: Record<string, unknown>): KnownBatch | undefined {
  const known = memo[KNOWN_MEMO];
  return isAccepted(KNOWN_BATCH, known) ? (known as KnownBatch) : undefined;
}

/** A completed run has written a report, unless it was cancelled before it was prepared. */
async function hasReported(handle: WorkflowHandle, { status }: Run): Promise<boolean> {
  if (status !== 'COMPLETED') return false;
  const result = (await handle.result()) as BatchResult;
  return result.state !== 'CANCELLED';
}

function toFailed(
  { code, message, fix }: HummingbatchError,
  { closedAt = new Date().toISOString() }: Run,
  stored: BatchProgress,
  known: KnownBatch | undefined,
): BatchProgress {
  const { batchId, jobs } = stored;
  const named = (known?.permits ?? []).flatMap(({ round, submission, job }): JobSummary[] =>
    job === undefined || jobs.some(({ name }) => name === job)
      ? []
      : [{ name: job, round, submission, state: 'UNKNOWN' }],
  );
  return {
    ...stored,
    state: 'FAILED',
    jobs: [...jobs, ...named],
    endedAt: closedAt,
    stop: { step: 'prepare', code, message, fix, actions: [{ action: 'retry', batchId }], since: closedAt },
  };
}

function emptyProgress(batchId: string, { startedAt }: Run): BatchProgress {
  return {
    batchId,
    state: 'FAILED',
    round: 0,
    outputs: { total: 0, image: 0, refused: 0, failed: 0, missing: 0 },
    jobs: [],
    costUsd: { estimated: 0, actual: 0 },
    startedAt,
  };
}
