import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { getErrno } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { type ForeignLease, leasesIn } from './leases.ts';
import { isElsewhere, type ProcessIdentity, sharesKernel } from './process.ts';
import { readRecord } from './record.ts';
import { watchForRenewals } from './renewals.ts';
import type { Say } from './say.ts';
import { probeWatchers } from './users.ts';

const CHECK_INTERVAL_MS = 250;

interface Options {
  directory: string;
  log: Say;
  signal?: AbortSignal | undefined;
}

/**
 * Makes sure that no process of another container or machine uses the server of this directory: a second server on one
 * SQLite file would start and serve beside the first. Call it under the lock. Containers of one machine see the pipe of a
 * server's users, so the answer is there at once. Else a lease that was left behind is watched for 30 s.
 *
 * @throws HummingbatchError `temporal-elsewhere`; an AbortError where the signal aborts
 */
export async function requireUsersHere(options: Options): Promise<void> {
  const { directory } = options;
  const record = await readRecord(directory);
  const hasPipe = record?.watched === true && sharesKernel(record);
  if (hasPipe && isElsewhere(record) && probeWatchers(directory, record.token) === 'alive')
    throw usedElsewhere(directory, record);
  const leases = await leasesIn(directory).elsewhere();
  const isLeft = ({ holder }: ForeignLease) => hasPipe && sharesKernel(holder);
  for (const { file } of leases.filter(isLeft)) await rm(file, { force: true });
  const unknown = leases.filter((lease) => !isLeft(lease));
  if (unknown.length > 0) await waitForSilence(unknown, options);
}

async function waitForSilence(leases: ForeignLease[], { directory, log, signal }: Options): Promise<void> {
  log(
    'The managed dev server of this store was last used on another machine, or before this one was restarted. Watching for 30 s whether it is still used …',
  );
  const watch = watchForRenewals();
  const waiting = new Set(leases);
  while (waiting.size > 0) {
    for (const lease of waiting) {
      const sign = await watch(lease.file).catch(isGone);
      if (sign === 'alive') throw usedElsewhere(directory, lease.holder);
      if (sign === 'none') continue;
      await rm(lease.file, { force: true });
      waiting.delete(lease);
    }
    if (waiting.size > 0) await sleep(CHECK_INTERVAL_MS, undefined, signal ? { signal } : {});
  }
}

function isGone(error: unknown): 'gone' {
  if (getErrno(error) === 'ENOENT') return 'gone';
  throw error;
}

function usedElsewhere(directory: string, { pid }: ProcessIdentity): HummingbatchError {
  return new HummingbatchError(
    'temporal-elsewhere',
    `The managed dev server of ${directory} is used by process ${pid} of another container or machine.`,
  );
}
