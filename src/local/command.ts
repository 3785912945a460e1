import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { readMessage } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';

const execute = promisify(execFile);

/** A program answers with a line or two; more than this is not an answer. */
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
 * @throws HummingbatchError `no-temporal-cli` with its last word where it fails, writes too much or takes too long
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
    throw new HummingbatchError('no-temporal-cli', `${file}: ${lastWord(error, options.deadlineMs)}`, {
      cause: error,
    });
  }
}

/**
 * Looks a program up on PATH. Never leaves that to the operating system, which searches the current folder where PATH
 * is empty.
 *
 * @returns its absolute path, or undefined
 */
export async function which(name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fileName = process.platform === 'win32' ? `${name}.exe` : name;
  // Windows spells it Path, which a copy of the environment does not forgive.
  for (const folder of (env.PATH ?? env.Path ?? '').split(delimiter).filter((entry) => entry !== '')) {
    const file = join(folder, fileName);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

/** Whether a file is there that this user may run. */
export async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Not there, or not ours to run: both mean the same to whoever looks for a program.
    return false;
  }
}

function lastWord(error: unknown, deadlineMs: number): string {
  if (error instanceof Error && 'killed' in error && error.killed === true) {
    return `stopped after ${deadlineMs / 1000} s`;
  }
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
  return said.split('\n').at(-1) || readMessage(error);
}
