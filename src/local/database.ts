import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The endings of the files of one SQLite database. */
const FILES = ['', '-wal', '-shm', '-journal'] as const;

/**
 * The database of one server version. The version is in the name, because Temporal does not migrate such a file. Call this
 * under the lock only.
 */
export interface Database {
  path: string;
  /** Records that the server has made all its tables. */
  made(): Promise<void>;
}

/**
 * The dev server makes its tables one after the other, for 0.2 s, and never starts again on a file that lacks some. So a
 * mark lies beside a new file until the server has answered for the first time. A file that still has its mark belongs to
 * a server that was killed before that. It holds no batch and is deleted.
 */
export async function openDatabase(directory: string, serverVersion: string): Promise<Database> {
  const path = join(directory, `temporal-${serverVersion}.sqlite`);
  const mark = `${path}.unmade`;
  if (existsSync(mark)) for (const ending of FILES) await rm(path + ending, { force: true });
  if (!existsSync(path)) await writeFile(mark, '');
  return { path, made: () => rm(mark, { force: true }) };
}
