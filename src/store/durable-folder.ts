import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder with all its parents. A name is only safe from a power cut once the folder that holds it is synced.
 *
 * @returns the folders that have a new name in them, or are about to: whoever writes into `path` syncs all of these
 */
export async function makeFolder(path: string): Promise<string[]> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return [path];
  const touched = [path];
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    touched.push(dirname(made));
  }
  return touched;
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
