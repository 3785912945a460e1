import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quietEnvironment } from './desk.ts';
import { temporalCliPath } from './servers.ts';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** How a command of a shell ended. */
export interface Heard {
  command: string;
  code: number | null;
  /** Both streams. */
  said: string;
}

/** A folder of programs, `hummingbatch` as built and `temporal`, for a shell that knows nothing else of this machine. */
export async function shellPath(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(await temporalCliPath(), join(bin, 'temporal'));
  const own = join(bin, 'hummingbatch');
  await writeFile(own, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  await chmod(own, 0o755);
  return `${bin}${delimiter}${process.env['PATH']}`;
}

/** Runs a command as it is typed. */
export async function shell(command: string, cwd: string, env: Record<string, string>): Promise<Heard> {
  const child: ChildProcess = spawn('sh', ['-c', command], {
    cwd,
    env: { ...quietEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const hear = (bytes: Buffer): void => void (said += bytes.toString());
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  const [code] = (await once(child, 'close')) as [number | null];
  return { command, code, said };
}
