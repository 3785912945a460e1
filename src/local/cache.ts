import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { isExecutable } from './command.ts';

const PARTIAL = '.partial-';
/** No download takes this long, so an older folder was left by a process that died. */
const ABANDONED_AFTER_MS = 60 * 60 * 1000;

/**
 * Where programs fetched once are kept for all stores: `HUMMINGBATCH_CACHE`, else `hummingbatch` in the folder that
 * the platform has for such things.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string {
  if (env.HUMMINGBATCH_CACHE) return env.HUMMINGBATCH_CACHE;
  const home = env.HOME || homedir();
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'hummingbatch');
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'hummingbatch');
  return join(env.XDG_CACHE_HOME || join(home, '.cache'), 'hummingbatch');
}

/** Where one version of one program lies in the cache. */
export function cachedBinary(cacheDir: string, binary: string, version: string, platform: string): string {
  return join(cacheDir, `${binary}-${version}`, platform === 'win32' ? `${binary}.exe` : binary);
}

/**
 * Puts a program into the cache. It is made in a folder of its own beside the target and then renamed, so two processes can
 * do it at once and no process sees half a file.
 *
 * @param make makes the program inside the folder that it is given, and returns its path
 */
export async function intoCache(target: string, make: (folder: string) => Promise<string>): Promise<string> {
  const parent = dirname(target);
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const folder = await mkdtemp(join(parent, PARTIAL));
  try {
    const made = await make(folder);
    await chmod(made, 0o755);
    await settle(made, target);
    return target;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function settle(made: string, target: string): Promise<void> {
  try {
    await rename(made, target);
  } catch (error) {
    // Windows does not replace a program that runs. Another process has put the same one there first.
    if (!(await isExecutable(target))) throw error;
  }
}

async function removeAbandoned(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(PARTIAL)) continue;
    const folder = join(home, name);
    const age = await stat(folder).then(
      (found) => Date.now() - found.mtimeMs,
      // Its owner removed it after the listing.
      () => 0,
    );
    if (age > ABANDONED_AFTER_MS) await rm(folder, { recursive: true, force: true });
  }
}
