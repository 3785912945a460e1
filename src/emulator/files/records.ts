import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMissing } from './disk.ts';

/** A folder of small JSON files, one for each record. */
export interface Records<T> {
  get(id: string): Promise<T | undefined>;
  /** Replaces the whole record atomically: a killed process leaves the old one or the new one. */
  put(id: string, record: T): Promise<void>;
  ids(): Promise<string[]>;
  all(): Promise<T[]>;
}

/** Opens a folder of records. Nothing is cached in memory, so that records survive a `kill -9`. */
export async function openRecords<T>(directory: string): Promise<Records<T>> {
  await mkdir(directory, { recursive: true });
  let writes = 0;

  async function get(id: string): Promise<T | undefined> {
    try {
      return JSON.parse(await readFile(join(directory, `${id}.json`), 'utf8')) as T;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async function ids(): Promise<string[]> {
    const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
    return names.map((name) => name.slice(0, -'.json'.length));
  }

  return {
    get,
    ids,
    async put(id, record) {
      writes += 1;
      const temporary = join(directory, `${id}.${process.pid}.${writes}.new`);
      await writeFile(temporary, JSON.stringify(record));
      await rename(temporary, join(directory, `${id}.json`));
    },
    async all() {
      const records = await Promise.all((await ids()).map(get));
      return records.filter((record): record is Awaited<T> & NonNullable<T> => record !== undefined);
    },
  };
}
