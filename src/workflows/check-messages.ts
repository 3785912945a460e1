import type { AdoptRequest, ApproveRequest, SetBudgetRequest } from '../contract/index.ts';
import { isJobName } from '../contract/job-name.ts';
import { failure } from './failure.ts';
import { readFields } from './fields.ts';

/*
 * What is sent with an update, as it may come from any language or by hand. Only validators call these: what is in a history
 * was taken.
 */

/** Whoever refuses with `"false"` or `aproved` must not have approved. @throws `usage` */
export function checkApproval(request: ApproveRequest | null | undefined): void {
  const { approved } = readFields('An approval', request ?? {}, ['approved']);
  if (approved !== undefined && typeof approved !== 'boolean')
    throw failure('usage', 'approved must be true or false.');
}

/** @throws `usage` */
export function checkAdoption(request: AdoptRequest | null | undefined): void {
  const { job } = readFields('An adoption', request ?? { job: '' }, ['job']);
  if (typeof job !== 'string' || (job !== 'none' && !isJobName(job)))
    throw failure('usage', 'The job must be `batches/…` or `none`.');
}

/** @throws `usage` */
export function checkBudget(request: SetBudgetRequest | null | undefined): void {
  const { maxCostUsd } = readFields('A budget', request ?? { maxCostUsd: Number.NaN }, ['maxCostUsd']);
  if (typeof maxCostUsd !== 'number' || !Number.isFinite(maxCostUsd) || maxCostUsd < 0)
    throw failure('usage', 'maxCostUsd must be an amount in USD.');
}
