import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import pMap from 'p-map';

// More at once gains nothing on one disk.
const SYNCS = 8;

/**
 * Makes a folder with all its parents. A name is only safe from a power cut once the folder that holds it is synced.
 *
 * @returns the folders that have a new name in them, or are about to: whoever writes into `path` syncs all of these
 */
export async function makeFolder(path: string): Promise<string[]> {
  const first = await mkdir(path, { recursive: true });
  return first === undefined ? [path] : [path, ...chain(path, dirname(first)).map(dirname)];
}

/**
 * Makes the folders below a root, and syncs them. Which of them have a safe name is known only of those that this process
 * has synced: a folder that is there may have been made by one that was killed before it came to that.
 */
export function foldersBelow(root: string) {
  const safe = new Set([root]);
  return {
    /** @returns the folders that {@link sync} must be called with once `path` has what belongs into it */
    async make(path: string): Promise<string[]> {
      const first = await mkdir(path, { recursive: true });
      // Made again if it was removed.
      if (first !== undefined) for (const folder of chain(path, dirname(first))) safe.delete(folder);
      const unsafe = chain(path, root).filter((folder) => !safe.has(folder));
      return [path, ...unsafe.map(dirname)];
    },
    async sync(folders: Iterable<string>): Promise<void> {
      const synced = new Set(folders);
      await pMap(synced, syncFolder, { concurrency: SYNCS });
      // The name of a folder stands in the one above it.
      for (const folder of synced) if (synced.has(dirname(folder))) safe.add(folder);
    },
  };
}

/** A folder and those above it, as far as they are below `end`. */
function chain(path: string, end: string): string[] {
  const folders: string[] = [];
  for (let folder = path; folder.length > end.length; folder = dirname(folder)) folders.push(folder);
  return folders;
}

/** Windows cannot open folders, and needs no sync of them. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
