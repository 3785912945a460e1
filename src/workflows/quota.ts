import { sleep } from '@temporalio/workflow';
import { quotaWaitMs } from '../batch/intervals.ts';
import type { Batch } from './batch.ts';
import type { QuotaWait } from './carried.ts';
import { continueIfLong } from './continue.ts';
import { failure } from './failure.ts';
import { stopOnce } from './retry-until-resolved.ts';

/** After this long at Google's limit the batch stops for an operator. */
const MAX_QUOTA_WAIT_MS = 72 * 3_600_000;

interface QuotaLimit {
  message: string;
  retryAfterMs?: number | undefined;
  hasJob?: boolean;
}

/** The wait at Google's limit of a round that has not been collected since. */
export function findQuotaWait({ quota }: Batch, round: number): QuotaWait | undefined {
  return quota?.round === round ? quota : undefined;
}

/**
 * Waits at Google's limit before another try: 1 min, doubling to 2 h. A full quota is normal for a large run, so the batch waits and
 * shows it. After 72 h in one round it stops instead.
 *
 * @param limit what Google says; the wait that it names, if it names one; whether the job was made and failed later
 */
export async function waitForQuota(
  batch: Batch,
  round: number,
  { message, retryAfterMs, hasJob = false }: QuotaLimit,
): Promise<void> {
  const now = Date.now();
  const known = findQuotaWait(batch, round) ?? { round, since: now, tries: 0, jobs: 0 };
  const tries = known.tries + 1;
  batch.quota = { ...known, tries, jobs: known.jobs + (hasJob ? 1 : 0) };
  if (now - known.since > MAX_QUOTA_WAIT_MS)
    return stopOnce(
      batch,
      'submit',
      failure('rate-limited', `Google has been at its limit for 72 hours: ${message}`),
    );
  const ms = quotaWaitMs(tries, retryAfterMs);
  const since = new Date(known.since).toISOString();
  batch.update({ quota: { since, nextTry: new Date(now + ms).toISOString() } });
  await sleep(ms, { summary: `round ${round}: waiting at Google’s limit, then try ${tries + 1}` });
  await continueIfLong(batch);
}
