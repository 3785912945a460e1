import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { readMessage } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';

const execute = promisify(execFile);

/** These programs print a line or two; more than this is not their output. */
const MAX_OUTPUT_BYTES = 1024 * 1024;

export interface RunOptions {
  env: NodeJS.ProcessEnv;
  /** The program is killed after this long, ms. */
  deadlineMs: number;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end.
 *
 * @returns what it wrote to stdout
 * @throws HummingbatchError `no-temporal-cli` with the last line of its stderr where it fails, writes too much or takes too long
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<string> {
  try {
    const { stdout } = await execute(file, [...args], {
      env: options.env,
      timeout: options.deadlineMs,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      windowsHide: true,
      ...(options.signal && { signal: options.signal }),
    });
    return stdout;
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new HummingbatchError('no-temporal-cli', `${file}: ${describeFailure(error, options.deadlineMs)}`, {
      cause: error,
    });
  }
}

/**
 * Finds a program on PATH. The operating system is not asked: where PATH is empty it searches the current folder.
 *
 * @returns its absolute path, or undefined
 */
export async function which(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fileName = process.platform === 'win32' ? `${name}.exe` : name;
  // Windows spells it Path, and a copy of the environment is case-sensitive.
  for (const folder of (env.PATH ?? env.Path ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const file = join(folder, fileName);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Whether there is a file that this user may run. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // A missing file and one that this user may not run mean the same here.
    return false;
  }
}

function describeFailure(error: unknown, deadlineMs: number): string {
  if (error instanceof Error && 'killed' in error && error.killed === true) {
    return `stopped after ${deadlineMs / 1000} s`;
  }
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return stderr.split('\n').at(-1) || readMessage(error);
}
