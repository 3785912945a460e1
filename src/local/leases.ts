import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getErrno } from '../contract/caught-error.ts';
import { isElsewhere, isRunning, type ProcessIdentity, parseIdentity, readIdentity } from './process.ts';
import { keepRenewed } from './renewals.ts';

/**
 * The uses of the server: a file for each, with a random name, which holds the process. They are taken, released and
 * counted under the lock only, so no file is seen half written.
 */
export interface Leases {
  take(): Promise<Lease>;
  /** How many uses there are. The lease of a process that died here is removed and does not count. */
  count(): Promise<number>;
  /** The leases of processes elsewhere. They are renewed while their processes live. */
  elsewhere(): Promise<ForeignLease[]>;
  /** Whether there may be a use. For callers without the lock: it changes nothing, and a file that is half written counts. */
  mayExist(): Promise<boolean>;
}

export interface Lease {
  release(): Promise<void>;
}

export interface ForeignLease {
  file: string;
  holder: ProcessIdentity;
}

interface Found {
  file: string;
  /** Undefined where the file does not say. */
  holder: ProcessIdentity | undefined;
}

export function leasesIn(directory: string): Leases {
  const folder = join(directory, 'leases');
  return {
    async take() {
      const file = join(folder, `${randomUUID()}.json`);
      await mkdir(folder, { recursive: true });
      await writeFile(file, JSON.stringify(readIdentity(process.pid)));
      const stopRenewing = keepRenewed(file);
      return {
        async release() {
          stopRenewing();
          await rm(file, { force: true });
        },
      };
    },
    async count() {
      const found = await readAll(folder);
      const dead = found.filter(({ holder }) => !holder || !(isElsewhere(holder) || isRunning(holder)));
      for (const { file } of dead) await rm(file, { force: true });
      return found.length - dead.length;
    },
    async elsewhere() {
      return (await readAll(folder)).flatMap(({ file, holder }) =>
        holder && isElsewhere(holder) ? [{ file, holder }] : [],
      );
    },
    async mayExist() {
      return (await readAll(folder)).some(
        ({ holder }) => !holder || isElsewhere(holder) || isRunning(holder),
      );
    },
  };
}

async function readAll(folder: string): Promise<Found[]> {
  const names = (await ifExists(readdir(folder))) ?? [];
  const found = await Promise.all(names.map((name) => readOne(join(folder, name))));
  return found.flatMap((one) => one ?? []);
}

/** Undefined where it was released in this moment. */
async function readOne(file: string): Promise<Found | undefined> {
  const text = await ifExists(readFile(file, 'utf8'));
  return text === undefined ? undefined : { file, holder: parseIdentity(text) };
}

async function ifExists<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (getErrno(error) === 'ENOENT') return undefined;
    throw error;
  }
}
