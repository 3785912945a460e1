import type * as Files from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A change of the disk, and when a power cut can lose it. */
export type Effect = {
  /** The step in which it began: from then on it may be on the disk. */
  begun: number;
  /** The step in which the call returned. */
  done: number;
  /** The step in which a sync returned that began after `done`: from then on it is on the disk for certain. */
  synced: number;
} & (
  | { kind: 'name'; path: string; inode: number; from?: string }
  | { kind: 'gone'; path: string }
  | { kind: 'folder'; path: string }
  | { kind: 'data'; inode: number; bytes: Buffer }
);

type EffectDescription = Effect extends infer One
  ? One extends Effect
    ? Omit<One, 'begun' | 'done' | 'synced'>
    : never
  : never;

const NEVER = Number.POSITIVE_INFINITY;

/**
 * Wraps `node:fs/promises` for `vi.mock`: performs each call and records the order of the effects and syncs.
 */
export function recordDisk() {
  const effects: Effect[] = [];
  const marks: { name: string; step: number }[] = [];
  const inodes = new Map<string, number>();
  let step = 0;
  let nextInode = 0;

  async function record<T>(what: EffectDescription, work: () => Promise<T>): Promise<T> {
    const effect: Effect = { ...what, begun: (step += 1), done: NEVER, synced: NEVER };
    effects.push(effect);
    try {
      const answer = await work();
      effect.done = step += 1;
      return answer;
    } catch (error) {
      // The call failed, such as a link to a name that exists.
      effects.splice(effects.indexOf(effect), 1);
      throw error;
    }
  }

  async function recordSync(covers: (effect: Effect) => boolean, work: () => Promise<void>): Promise<void> {
    const begun = (step += 1);
    const covered = effects.filter((effect) => effect.done < begun && covers(effect));
    await work();
    step += 1;
    for (const effect of covered) effect.synced = Math.min(effect.synced, step);
  }

  function recordHandle(handle: FileHandle, path: string): FileHandle {
    const inode = inodes.get(path);
    const overrides: Partial<FileHandle> = {
      writeFile: (data) =>
        record({ kind: 'data', inode: inode ?? 0, bytes: Buffer.from(data as string) }, () =>
          handle.writeFile(data),
        ),
      sync: () =>
        recordSync(
          (effect) =>
            'inode' in effect && effect.kind === 'data'
              ? effect.inode === inode
              : folderPath(effect) === path,
          () => handle.sync(),
        ),
    };
    return new Proxy(handle, {
      get(target, name) {
        const found: unknown = Reflect.get(overrides, name) ?? Reflect.get(target, name);
        return typeof found === 'function' ? found.bind(target) : found;
      },
    });
  }

  function wrap(real: typeof Files): typeof Files {
    const open: typeof real.open = async (path, flags, mode) => {
      const name = String(path);
      if (!String(flags).startsWith('w')) return recordHandle(await real.open(path, flags, mode), name);
      const inode = (nextInode += 1);
      const handle = await record({ kind: 'name', path: name, inode }, () => real.open(path, flags, mode));
      inodes.set(name, inode);
      return recordHandle(handle, name);
    };
    const rename: typeof real.rename = async (from, to) => {
      const inode = inodes.get(String(from)) ?? 0;
      await record({ kind: 'name', path: String(to), inode, from: String(from) }, () =>
        real.rename(from, to),
      );
      inodes.set(String(to), inode);
    };
    const link: typeof real.link = async (from, to) => {
      const inode = inodes.get(String(from)) ?? 0;
      await record({ kind: 'name', path: String(to), inode }, () => real.link(from, to));
      inodes.set(String(to), inode);
    };
    const rm: typeof real.rm = (path, options) =>
      record({ kind: 'gone', path: String(path) }, () => real.rm(path, options));
    const mkdir = async (path: string, options?: { recursive: true }) => {
      const first = options ? await real.mkdir(path, options) : await real.mkdir(path).then(() => path);
      // Folders are made from the top down; each one is a name in its parent.
      const made: string[] = [];
      if (first !== undefined)
        for (let one = path; one.length >= first.length; one = dirname(one)) made.unshift(one);
      for (const folder of made) await record({ kind: 'folder', path: folder }, async () => undefined);
      return first;
    };
    return { ...real, open, rename, link, rm, mkdir: mkdir as typeof real.mkdir };
  }

  return {
    effects,
    marks,
    wrap,
    /** Records that the code under test has promised something. */
    mark: (name: string) => void marks.push({ name, step }),
    /** Discards the recorded effects: everything so far is on the disk for certain. */
    reset: () => void (effects.splice(0), marks.splice(0)),
  };
}

export type RecordedDisk = ReturnType<typeof recordDisk>;

/** The folder whose sync makes an effect durable. */
export function folderPath(effect: Effect): string | undefined {
  return 'path' in effect ? dirname(effect.path) : undefined;
}
