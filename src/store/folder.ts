import { createHash, type Hash, randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { getErrno } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { createDurableFolders } from './durable-folder.ts';
import { toStoreError } from './errors.ts';
import { splitKey, splitPrefix } from './keys.ts';
import type { Data, Entry, Staged, Store } from './store.ts';

/** The folder for unfinished values. It is inside the store, so that the rename to the final name is atomic. */
export const TEMPORARY = '.tmp';

// More writers are not faster on one disk: fsync is the limit.
const MAX_WRITERS = 8;

/** A store in a folder of a local disk. Each write is: temporary file, fsync, rename, fsync of the folder. */
export function folderStore(root: string, id: string): Store {
  const toPath = (key: string) => join(root, ...splitKey(key));
  const durable = createDurableFolders(root);
  const prefixPath = (prefix: string) => join(root, ...splitPrefix(prefix));

  /** Runs a disk operation; its errors get an error code. */
  async function withStoreErrors<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error, root);
    }
  }

  /** Undefined for a missing file. An error if the whole store is gone, such as an unplugged disk. */
  async function undefinedIfMissing<T>(reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading;
    } catch (error) {
      if (getErrno(error) !== 'ENOENT') throw error;
      await stat(join(root, TEMPORARY));
      return undefined;
    }
  }

  async function readEntries(folder: string) {
    return (await undefinedIfMissing(readdir(folder, { withFileTypes: true }))) ?? [];
  }

  async function writeTemporary(data: Data): Promise<string> {
    // No mkdir here: if the root is gone, this must fail instead of creating a new root.
    const path = join(root, TEMPORARY, randomUUID());
    const file = await open(path, 'wx');
    try {
      for await (const chunk of toChunks(data)) await file.writeFile(chunk);
      await file.sync();
    } catch (error) {
      await file.close();
      await rm(path, { force: true });
      throw error;
    }
    await file.close();
    return path;
  }

  async function stage(data: AsyncIterable<Uint8Array>): Promise<Staged> {
    const { pieces, measured } = hashWhileReading(data);
    // An error of the data's source is thrown unchanged: it is no error of the store.
    const path = await withStoreErrors(() => writeTemporary(pieces())).catch((error: unknown) => {
      throw measured.failure ?? error;
    });
    return {
      bytes: measured.bytes,
      sha256: measured.hash.digest('hex'),
      read: (at, length) => withStoreErrors(() => readPart(path, at, length)),
      keep: (key) => withStoreErrors(() => moveToKey(path, key)),
      discard: () => withStoreErrors(() => rm(path, { force: true })),
    };
  }

  async function moveToKey(temporary: string, key: string): Promise<void> {
    const target = toPath(key);
    const folders = await durable.make(dirname(target));
    await rename(temporary, target);
    await durable.sync(folders);
  }

  async function putAll(entries: readonly Entry[]): Promise<void> {
    const folders = new Set<string>();
    await pMap(
      entries,
      async ({ key, data }) => {
        const target = toPath(key);
        const temporary = await writeTemporary(data);
        for (const folder of await durable.make(dirname(target))) folders.add(folder);
        await rename(temporary, target);
      },
      { concurrency: MAX_WRITERS },
    );
    await durable.sync(folders);
  }

  async function putIfAbsent(key: string, data: string | Uint8Array): Promise<boolean> {
    const target = toPath(key);
    const temporary = await writeTemporary(data);
    try {
      const folders = await durable.make(dirname(target));
      // Only a hard link is atomic and never replaces a file; `open('wx')` could leave half a value after a crash.
      await link(temporary, target);
      await durable.sync(folders);
      return true;
    } catch (error) {
      if (getErrno(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async function* read(key: string): AsyncIterable<Uint8Array> {
    const file = await withStoreErrors(() => undefinedIfMissing(open(toPath(key), 'r')));
    if (!file) throw new HummingbatchError('store-corrupt', `The store ${root} has lost its file ${key}.`);
    try {
      yield* file.createReadStream({ highWaterMark: 1 << 18 });
    } catch (error) {
      throw toStoreError(error, root);
    }
  }

  async function list(prefix: string): Promise<string[]> {
    const found: string[] = [];
    const walk = async (folder: string, key: string): Promise<void> => {
      for (const entry of await readEntries(folder)) {
        if (entry.isDirectory()) await walk(join(folder, entry.name), `${key}${entry.name}/`);
        else found.push(key + entry.name);
      }
    };
    await walk(prefixPath(prefix), prefix);
    return found.sort();
  }

  async function folders(prefix: string): Promise<string[]> {
    const entries = await readEntries(prefixPath(prefix));
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  }

  return {
    id,
    location: root,
    put: (key, data) => withStoreErrors(() => putAll([{ key, data }])),
    putAll: (entries) => withStoreErrors(() => putAll(entries)),
    stage,
    putIfAbsent: (key, data) => withStoreErrors(() => putIfAbsent(key, data)),
    get: (key) => withStoreErrors(() => undefinedIfMissing(readFile(toPath(key)))),
    read,
    head: (key) =>
      withStoreErrors(async () => {
        const found = await undefinedIfMissing(stat(toPath(key)));
        return found && { bytes: found.size };
      }),
    list: (prefix) => withStoreErrors(() => list(prefix)),
    folders: (prefix) => withStoreErrors(() => folders(prefix)),
    delete: (key) => withStoreErrors(() => rm(toPath(key), { force: true })),
  };
}

/** Counts and hashes data while they are read. */
function hashWhileReading(data: AsyncIterable<Uint8Array>) {
  const measured: { bytes: number; hash: Hash; failure?: unknown } = { bytes: 0, hash: createHash('sha256') };
  async function* pieces() {
    try {
      for await (const piece of data) {
        measured.hash.update(piece);
        measured.bytes += piece.length;
        yield piece;
      }
    } catch (error) {
      measured.failure = error;
      throw error;
    }
  }
  return { pieces, measured };
}

async function readPart(path: string, at: number, length: number): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function* toChunks(data: Data): AsyncIterable<string | Uint8Array> {
  if (typeof data === 'string' || data instanceof Uint8Array) yield data;
  else yield* data;
}
