import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import pMap from 'p-map';
import { getErrno } from '../contract/caught-error.ts';

// More syncs at once are not faster on one disk.
const MAX_SYNCS = 8;

/**
 * Creates a folder with all its parents. A folder survives a power cut only when the folder above it is synced.
 *
 * @returns the folders to sync after writing into `path`: itself, and each one that got a new folder
 */
export async function makeFolder(path: string): Promise<string[]> {
  const first = await mkdir(path, { recursive: true });
  return first === undefined ? [path] : [path, ...listAncestors(path, dirname(first)).map(dirname)];
}

/**
 * Creates and syncs the folders below a root. Only a folder whose parent this process has synced counts as durable: an
 * existing folder may come from a process that was killed before its sync.
 */
export function createDurableFolders(root: string) {
  const durable = new Set([root]);
  return {
    /** @returns the folders to call {@link sync} with after writing into `path` */
    async make(path: string): Promise<string[]> {
      // A folder that was deleted is created again.
      for (const folder of await makeBelow(root, path)) durable.delete(folder);
      const unsynced = listAncestors(path, root).filter((folder) => !durable.has(folder));
      return [path, ...unsynced.map(dirname)];
    },
    async sync(folders: Iterable<string>): Promise<void> {
      const synced = new Set(folders);
      await pMap(synced, syncFolder, { concurrency: MAX_SYNCS });
      // A folder is durable once the folder above it is synced.
      for (const folder of synced) if (synced.has(dirname(folder))) durable.add(folder);
    },
  };
}

/**
 * Creates a folder and its parents below the root, and not the root: a disk that is gone must not get an empty store in its place.
 *
 * @returns the folders that were created
 */
async function makeBelow(root: string, path: string): Promise<string[]> {
  try {
    await mkdir(path);
    return [path];
  } catch (error) {
    if (getErrno(error) === 'EEXIST') return [];
    if (getErrno(error) !== 'ENOENT' || dirname(path).length <= root.length) throw error;
    const created = await makeBelow(root, dirname(path));
    return [...created, ...(await makeBelow(root, path))];
  }
}

/** A folder and its parents below `end`. */
function listAncestors(path: string, end: string): string[] {
  const folders: string[] = [];
  for (let folder = path; folder.length > end.length; folder = dirname(folder)) folders.push(folder);
  return folders;
}

/** Syncs a folder. Windows cannot open folders and does not need it. */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
