import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cacheDirectory, cachedBinary, intoCache } from '../../../src/local/cache.ts';
import { folder } from './folder.ts';

describe('the cache', () => {
  test.each([
    ['linux', { HOME: '/home/ada' }, '/home/ada/.cache/hummingbatch'],
    ['linux', { HOME: '/home/ada', XDG_CACHE_HOME: '/var/cache/ada' }, '/var/cache/ada/hummingbatch'],
    ['darwin', { HOME: '/Users/ada' }, '/Users/ada/Library/Caches/hummingbatch'],
    ['win32', { HOME: '/c/ada', LOCALAPPDATA: '/c/ada/local' }, '/c/ada/local/hummingbatch'],
    ['linux', { HOME: '/home/ada', HUMMINGBATCH_CACHE: '/mnt/cache' }, '/mnt/cache'],
  ] as const)('lies on %s with %o at %s', (platform, env, path) => {
    expect(cacheDirectory(env, platform)).toBe(path);
  });

  test('keeps several versions at once', () => {
    expect(cachedBinary('/cache', 'temporal', '1.9.1', 'linux')).toBe('/cache/temporal-1.9.1/temporal');
    expect(cachedBinary('/cache', 'temporal', '1.9.1', 'win32')).toBe('/cache/temporal-1.9.1/temporal.exe');
  });

  test('shows a program only when it is complete, also with two writers at once', async () => {
    const target = join(await folder(), 'thing-1', 'thing');
    const put = (text: string) =>
      intoCache(target, async (home) => {
        await writeFile(join(home, 'made'), text);
        await expect(stat(target)).rejects.toThrow('ENOENT');
        await bothMade();
        return join(home, 'made');
      });
    const bothMade = meeting(2);
    await Promise.all([put('the program'), put('the program')]);
    expect(await readFile(target, 'utf8')).toBe('the program');
    expect((await stat(target)).mode & 0o777).toBe(0o755);
    expect(await readdir(join(target, '..'))).toEqual(['thing']);
  });

  test('keeps nothing of a failed download', async () => {
    const target = join(await folder(), 'thing-1', 'thing');
    const failing = intoCache(target, async () => {
      throw new Error('no network');
    });
    await expect(failing).rejects.toThrow('no network');
    expect(await readdir(join(target, '..'))).toEqual([]);
  });

  test('removes what a killed process left an hour ago, and keeps what a process writes now', async () => {
    const home = await folder();
    const target = join(home, 'thing');
    await mkdir(join(home, '.partial-old'));
    await mkdir(join(home, '.partial-new'));
    const longAgo = new Date(Date.now() - 61 * 60 * 1000);
    await utimes(join(home, '.partial-old'), longAgo, longAgo);
    await intoCache(target, async (made) => {
      await writeFile(join(made, 'thing'), '');
      return join(made, 'thing');
    });
    expect((await readdir(home)).toSorted()).toEqual(['.partial-new', 'thing']);
  });
});

/** Resolves for all when as many as expected are there. */
function meeting(expected: number): () => Promise<void> {
  let open = () => {};
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  let there = 0;
  return () => {
    there += 1;
    if (there === expected) open();
    return all;
  };
}
