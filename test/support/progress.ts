import type { BatchProgress } from '../../src/contract/index.ts';

/** The progress of a batch `b-1` with three outputs (one image, one refused, one failed), with these changes. */
export function buildProgress(change: Partial<BatchProgress>): BatchProgress {
  return {
    batchId: 'b-1',
    state: 'WAITING',
    round: 1,
    outputs: { total: 3, image: 1, refused: 1, failed: 1, missing: 0 },
    jobs: [],
    costUsd: { estimated: 0, actual: 0 },
    startedAt: '2026-11-23T10:00:00.000Z',
    ...change,
  };
}
