import { expect, test } from 'vitest';
import { retryBatches } from '../../../src/cli/retry-batches.ts';
import type { Hummingbatch } from '../../../src/client/index.ts';
import type { BatchProgress, ErrorCode, Stop } from '../../../src/contract/index.ts';
import { buildProgress } from '../../support/progress.ts';

function stopped(code: ErrorCode): BatchProgress {
  const stop: Stop = {
    step: 'submit',
    code,
    message: '',
    fix: '',
    actions: [],
    since: '2026-11-23T10:00:00.000Z',
  };
  return buildProgress({ state: 'NEEDS_ATTENTION', stop });
}

/** Which batches are retried, where each was shown as the first and stands as the second. */
async function retryAll(
  pairs: Record<string, [shown: BatchProgress, now: BatchProgress]>,
): Promise<string[]> {
  const retried: string[] = [];
  const batch = (batchId: string) => ({
    status: async () => ({ ...pairs[batchId]?.[1], batchId }),
    retry: async () => void retried.push(batchId),
  });
  const shown = Object.entries(pairs).map(([batchId, [progress]]) => ({ ...progress, batchId }));
  const told = await retryBatches({ batch } as unknown as Hummingbatch, shown, {});
  expect(told.filter((one) => one.retried).map(({ batchId }) => batchId)).toEqual(retried);
  for (const { retried: was, error } of told) expect(error?.code).toBe(was ? undefined : 'wrong-state');
  return retried;
}

test('retries only batches that are still in the state that was confirmed', async () => {
  expect(
    await retryAll({
      same: [stopped('disk-full'), stopped('disk-full')],
      'unknown-by-now': [stopped('disk-full'), stopped('submission-unknown')],
      'ended-by-now': [stopped('disk-full'), buildProgress({ state: 'COMPLETED_WITH_FAILURES' })],
      'goes-on-by-itself': [stopped('disk-full'), buildProgress({ state: 'WAITING' })],
    }),
  ).toEqual(['same']);
});
