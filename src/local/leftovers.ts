import { existsSync } from 'node:fs';
import { STOP_GRACE_MS } from './launch.ts';
import { leasesIn } from './leases.ts';
import { withLock } from './lock.ts';
import { endProcess, isElsewhere } from './process.ts';
import { readRecord } from './record.ts';
import { findRunningServers, type RunningServer } from './running-servers.ts';
import { removeUsersPipes } from './users.ts';

/**
 * The managed dev servers of this user that no process uses, of any store. A server ends with its last user; one is left
 * over where its watchers were killed at the same moment, or where nothing could watch it. The search changes nothing.
 */
export async function findLeftovers(): Promise<RunningServer[]> {
  const running = await findRunningServers();
  const unused = await Promise.all(running.map(isUnused));
  return running.filter((_, index) => unused[index]);
}

/**
 * Ends a server, unless a process uses it by now.
 *
 * @returns whether it is gone
 * @throws HummingbatchError `no-temporal` where it is being started or stopped for 120 s; an AbortError
 */
export async function endLeftover(server: RunningServer, signal: AbortSignal): Promise<boolean> {
  const { directory } = server;
  if (!existsSync(directory)) return endProcess(server, STOP_GRACE_MS);
  return withLock(directory, signal, async () => {
    if (!(await isUnused(server)) || !(await endProcess(server, STOP_GRACE_MS))) return false;
    await removeUsersPipes(directory);
    return true;
  });
}

/** A user takes its lease before it starts a server, so one that runs without a lease has lost all its users. */
async function isUnused({ directory, pid, watched }: RunningServer): Promise<boolean> {
  if (watched) return false;
  if (!existsSync(directory)) return true;
  const record = await readRecord(directory);
  const isRecorded = record?.pid === pid && !isElsewhere(record);
  return !isRecorded || !(await leasesIn(directory).mayExist());
}
