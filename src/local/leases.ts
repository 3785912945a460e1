import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, parseIdentity, readIdentity } from './process.ts';

/**
 * Who uses the server: a file for each use, named for nobody, holding the process. Taken, given back and counted under
 * the lock only, so no file is ever seen half written.
 */
export interface Leases {
  /** @returns the name to give it back by */
  take(): Promise<string>;
  giveBack(lease: string): Promise<void>;
  /** How many uses there are. The lease of a dead process does not count and is removed. */
  count(): Promise<number>;
}

export function leasesIn(directory: string): Leases {
  const home = join(directory, 'leases');
  return {
    async take() {
      const lease = `${randomUUID()}.json`;
      await mkdir(home, { recursive: true });
      await writeFile(join(home, lease), JSON.stringify(readIdentity(process.pid)));
      return lease;
    },
    async giveBack(lease) {
      await rm(join(home, lease), { force: true });
    },
    async count() {
      await mkdir(home, { recursive: true });
      const living = await Promise.all((await readdir(home)).map((lease) => isHeld(join(home, lease))));
      return living.filter(Boolean).length;
    },
  };
}

async function isHeld(file: string): Promise<boolean> {
  const holder = parseIdentity(await readFile(file, 'utf8'));
  if (holder && isRunning(holder)) return true;
  await rm(file, { force: true });
  return false;
}
