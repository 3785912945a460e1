import { createHash, type Hash, randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pMap from 'p-map';
import { HummingbatchError } from '../contract/errors.ts';
import { foldersBelow } from './durable-folder.ts';
import { getErrno, toStoreError } from './errors.ts';
import { splitKey, splitPrefix } from './keys.ts';
import type { Data, Entry, Staged, Store } from './store.ts';

/** Where values are written before they get their name: inside the store, so that the rename is atomic. */
export const TEMPORARY = '.tmp';

// More at once gains nothing on one disk: fsync is the limit.
const WRITERS = 8;

/** A store in a folder of a local disk: temporary file, fsync, rename, fsync of the folder. */
export function folderStore(root: string, id: string): Store {
  const toPath = (key: string) => join(root, ...splitKey(key));
  const durable = foldersBelow(root);
  const prefixPath = (prefix: string) => join(root, ...splitPrefix(prefix));

  /** Everything that touches the disk goes through here, so that each failure gets its code. */
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStoreError(error, root);
    }
  }

  /** What is not there: of a store that is there nothing, of one that is gone (a disk that was unplugged) an error. */
  async function orUndefined<T>(reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading;
    } catch (error) {
      if (getErrno(error) !== 'ENOENT') throw error;
      await stat(join(root, TEMPORARY));
      return undefined;
    }
  }

  async function readEntries(folder: string) {
    return (await orUndefined(readdir(folder, { withFileTypes: true }))) ?? [];
  }

  async function writeTemporary(data: Data): Promise<string> {
    // No mkdir here: where the root is gone this must fail and not make a new one.
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
    const { pieces, measured } = measuring(data);
    // What the data fail with is their own: their sender went away.
    const path = await guarded(() => writeTemporary(pieces())).catch((error: unknown) => {
      throw measured.failure ?? error;
    });
    return {
      bytes: measured.bytes,
      sha256: measured.hash.digest('hex'),
      read: (at, length) => guarded(() => readPart(path, at, length)),
      keep: (key) => guarded(() => name(path, key)),
      discard: () => guarded(() => rm(path, { force: true })),
    };
  }

  async function name(temporary: string, key: string): Promise<void> {
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
      { concurrency: WRITERS },
    );
    await durable.sync(folders);
  }

  async function putIfAbsent(key: string, data: string | Uint8Array): Promise<boolean> {
    const target = toPath(key);
    const temporary = await writeTemporary(data);
    try {
      const folders = await durable.make(dirname(target));
      // A hard link is the one call that is both atomic and refuses to replace; `open('wx')` could leave half a value.
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
    const file = await guarded(() => orUndefined(open(toPath(key), 'r')));
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
    put: (key, data) => guarded(() => putAll([{ key, data }])),
    putAll: (entries) => guarded(() => putAll(entries)),
    stage,
    putIfAbsent: (key, data) => guarded(() => putIfAbsent(key, data)),
    get: (key) => guarded(() => orUndefined(readFile(toPath(key)))),
    read,
    head: (key) =>
      guarded(async () => {
        const found = await orUndefined(stat(toPath(key)));
        return found && { bytes: found.size };
      }),
    list: (prefix) => guarded(() => list(prefix)),
    folders: (prefix) => guarded(() => folders(prefix)),
    delete: (key) => guarded(() => rm(toPath(key), { force: true })),
  };
}

/** Data that are counted and hashed while they pass. */
function measuring(data: AsyncIterable<Uint8Array>) {
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
