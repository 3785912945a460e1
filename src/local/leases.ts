import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getErrno } from '../contract/caught-error.ts';
import { isRunning, parseIdentity, readIdentity } from './process.ts';

/**
 * The uses of the server: a file for each, with a random name, which holds the process. They are taken, released and
 * counted under the lock only, so no file is seen half written.
 */
export interface Leases {
  /** @returns the name to release it by */
  take(): Promise<string>;
  release(lease: string): Promise<void>;
  /** How many uses there are. The lease of a dead process is removed and does not count. */
  count(): Promise<number>;
  /** Whether there may be a use. For callers without the lock: it changes nothing, and a file that is half written counts. */
  mayExist(): Promise<boolean>;
}

export function leasesIn(directory: string): Leases {
  const folder = join(directory, 'leases');
  return {
    async take() {
      const lease = `${randomUUID()}.json`;
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, lease), JSON.stringify(readIdentity(process.pid)));
      return lease;
    },
    async release(lease) {
      await rm(join(folder, lease), { force: true });
    },
    async count() {
      await mkdir(folder, { recursive: true });
      const living = await Promise.all((await readdir(folder)).map((lease) => isHeld(join(folder, lease))));
      return living.filter(Boolean).length;
    },
    async mayExist() {
      const leases = (await ifExists(readdir(folder))) ?? [];
      const texts = await Promise.all(leases.map((lease) => ifExists(readFile(join(folder, lease), 'utf8'))));
      const holders = texts.flatMap((text) => (text === undefined ? [] : [parseIdentity(text)]));
      return holders.some((holder) => !holder || isRunning(holder));
    },
  };
}

async function ifExists<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (getErrno(error) === 'ENOENT') return undefined;
    throw error;
  }
}

async function isHeld(file: string): Promise<boolean> {
  const holder = parseIdentity(await readFile(file, 'utf8'));
  if (holder && isRunning(holder)) return true;
  await rm(file, { force: true });
  return false;
}
