import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { buildNodeArguments } from './node.ts';
import { quietEnvironment, runHere } from './run-here.ts';
import { temporalCliPath } from './servers.ts';

/** The result of a shell command. */
export interface ShellResult {
  command: string;
  code: number | null;
  /** stdout and stderr. */
  output: string;
}

/** Makes a folder with the built `hummingbatch` and `temporal`, and returns a PATH that begins with it. */
export async function prepareShellPath(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(await temporalCliPath(), join(bin, 'temporal'));
  const own = join(bin, 'hummingbatch');
  const command = [process.execPath, ...buildNodeArguments()].map((word) => `"${word}"`).join(' ');
  await writeFile(own, `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(own, 0o755);
  return `${bin}${delimiter}${process.env['PATH']}`;
}

/** A command line with nothing but `hummingbatch` and its words, which need only be expanded. */
const OWN_COMMAND = /^hummingbatch ([^|;&<>()`]+)$/;

/** Runs a command line as a user types it; one of `hummingbatch` alone runs in this process. */
export async function runShell(
  command: string,
  cwd: string,
  env: Record<string, string>,
): Promise<ShellResult> {
  const [, words] = OWN_COMMAND.exec(command) ?? [];
  if (words !== undefined) return { command, ...(await runOwn(words, cwd, env)) };
  return { command, ...(await runInShell(command, cwd, env)) };
}

async function runOwn(words: string, cwd: string, env: Record<string, string>) {
  const expanded = await runInShell(`set -- ${words}\nprintf '%s\\0' "$@"`, cwd, env);
  let output = '';
  const { code } = await runHere(expanded.output.split('\0').slice(0, -1), {
    ...{ cwd, env },
    signal: new AbortController().signal,
    onOutput: (text) => void (output += text),
  });
  return { code, output };
}

async function runInShell(command: string, cwd: string, env: Record<string, string>) {
  const child: ChildProcess = spawn('sh', ['-c', command], {
    cwd,
    env: { ...quietEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const append = (bytes: Buffer): void => void (output += bytes.toString());
  child.stdout?.on('data', append);
  child.stderr?.on('data', append);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}
