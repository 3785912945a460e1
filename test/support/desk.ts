import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { endProcess } from '../../src/local/process.ts';
import { readRecord } from '../../src/local/record.ts';
import { buildNodeArguments } from './node.ts';
import { type Ended, quietEnvironment, runHere } from './run-here.ts';

/** A command that runs. */
export interface Running {
  child: ChildProcess;
  /** Resolves when stderr has said it; rejects where the command ends before. */
  said(words: string | RegExp): Promise<void>;
  ended: Promise<Ended>;
}

/** A folder of a person who types commands in it. */
export type Desk = Awaited<ReturnType<typeof openDesk>>;

export async function openDesk(env: Record<string, string> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-cli-'));
  const children: ChildProcess[] = [];
  const closing = new AbortController();
  return {
    folder,
    /** Ends whatever still runs there, and takes the folder away. */
    async close(): Promise<void> {
      closing.abort();
      for (const child of children) child.kill('SIGKILL');
      // The server of a killed command takes a second to end.
      for (const store of ['hummingbatch', 'hummingbatch-emulator']) {
        const server = await readRecord(join(folder, store, '.temporal'));
        if (server) await endProcess(server, 5_000);
      }
      await rm(folder, { recursive: true, force: true });
    },
    write: (name: string, text: string) => writeFile(join(folder, name), text),
    /** Begins a command. */
    begin: (...args: string[]): Running => command(args, folder, env, children),
    /** The same, with more in its environment. */
    beginWith: (more: Record<string, string>, ...args: string[]): Running =>
      command(args, folder, { ...env, ...more }, children),
    /**
     * Runs a command to its end in this process, which saves the second of CPU that Node takes to load it, with more in its
     * environment where that is named.
     */
    run: (args: readonly string[], more: Record<string, string> = {}): Promise<Ended> =>
      runHere(args, { cwd: folder, env: { ...env, ...more }, signal: closing.signal }),
    /** The same in a process of its own. */
    execute: (args: readonly string[], more: Record<string, string> = {}): Promise<Ended> =>
      command(args, folder, { ...env, ...more }, children).ended,
  };
}

function command(
  args: readonly string[],
  cwd: string,
  env: Record<string, string>,
  children: ChildProcess[],
): Running {
  const child = spawn(process.execPath, buildNodeArguments(...args), {
    cwd,
    env: { ...quietEnvironment(), ...env },
  });
  children.push(child);
  const heard = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (heard.stdout += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (heard.stderr += bytes.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...heard }));

  async function said(words: string | RegExp): Promise<void> {
    while (heard.stderr.search(words) < 0) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`It ended without saying ${String(words)}: ${heard.stderr}`);
      await pause(20);
    }
  }

  return { child, said, ended };
}
