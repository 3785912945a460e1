import type { BatchProgress, BatchState } from '../../contract/index.ts';
import { formatState } from './summary.ts';

/** While a job runs its rows count, before and after it the outputs that are there. */
export function countRows({ state, check, outputs }: BatchProgress): { done: number; total: number } {
  if (state !== 'WAITING' || !check) return { done: outputs.image, total: Math.max(outputs.total, 1) };
  const done = check.successful + check.failed;
  return { done, total: Math.max(done + check.pending, 1) };
}

const STEPS: Partial<Record<BatchState, string>> = {
  PREPARING: 'reading and checking the manifest',
  STAGING: 'uploading references and requests',
  SUBMITTING: 'making the job',
  COLLECTING: 'fetching the images',
  REPORTING: 'writing the report',
};

/** What a batch does now, in a few words. */
export function describeStep(progress: BatchProgress): string {
  const { state, round, job, check, quota } = progress;
  if (quota) return `Google is at its limit; next try at ${quota.nextTry}`;
  const step = STEPS[state] ?? formatState(state);
  const prefix = round > 1 ? `round ${round}: ` : '';
  if (state !== 'WAITING' || !job) return `${prefix}${step}`;
  if (!check) return `${prefix}waiting for ${job}`;
  const { done, total } = countRows(progress);
  return `${prefix}waiting for ${job}: ${check.jobState.toLowerCase()}, ${done} of ${total}`;
}
