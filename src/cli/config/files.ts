import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { HummingbatchError } from '../../contract/errors.ts';

/** The text of a file; undefined where there is none. @throws `usage` where it cannot be read */
export async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new HummingbatchError('usage', `${file} cannot be read.`, { cause: error });
  }
}

/** The nearest file of a name, from a folder upward to the root. */
export async function findUpward(from: string, name: string): Promise<string | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (await exists(path)) return path;
    if (folder === dirname(folder)) return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    // A folder that this user may not read counts as one without the file.
    () => false,
  );
}
