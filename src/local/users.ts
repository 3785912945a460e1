import { randomUUID } from 'node:crypto';
import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { getErrno } from '../contract/caught-error.ts';
import { run } from './command.ts';

/**
 * How a server ends that lost all its users to SIGKILL. Each user holds the writing end of a named pipe, which the kernel
 * closes when the user dies, however it dies. Two shells beside the server (0.1 MB each) wait for the end of the pipe and
 * end the server's process group, themselves included. A number in use as a group is given to no other process, so they
 * can end nothing else.
 */
const PREFIX = 'users.';

/** `mkfifo` takes 2 ms. */
const MAKE_DEADLINE_MS = 10 * 1000;
/** An answer takes 1 ms; a busy machine may take seconds. */
const ANSWER_WITHIN_MS = 5 * 1000;
const ANSWER_INTERVAL_MS = 5;

/** The end of the pipe of one user. */
export interface Hold {
  /** The user is gone. Safe to call twice. */
  close(): void;
}

/** Of a server that nothing watches. */
export const NOT_HELD: Hold = { close: () => undefined };

export interface UsersPipe extends Hold {
  /** The watched server reads it as its file descriptor 3. Close it once the server has been started. */
  readEnd: Hold & { fd: number };
  /** The arguments of `/bin/sh` that start a program with its watchers; it has the shell's process id. */
  watch(program: string, args: readonly string[]): string[];
}

/**
 * The first shell answers each user that comes, with a file: a user that has its answer is held, because the pipe cannot
 * end before that user closes it. The second one reads a pipe whose only writer is the first, so it acts where the first
 * one is killed. Both keep the named pipe open until the server is gone: other containers see by it whether one runs. `$0`
 * is the named pipe, `$$` the server.
 */
function script(graceMs: number): string {
  return `
end() {
  trap '' TERM
  kill -s TERM -- "-$$"
  seconds=0
  while [ "$seconds" -lt ${Math.ceil(graceMs / 1000)} ] && kill -0 "$$" 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
  done
  kill -s KILL "$$" 2>/dev/null
  rm -f "$0"
  kill -s KILL -- "-$$"
}
{ while read -r user; do printf '' >"$0.$user"; done <&3; end; } | { read -r none; end; } &
exec "$@" 3<&-`;
}

/**
 * Makes the pipe of a server that is about to start; call it under the lock. The caller is its first user.
 *
 * @param graceMs how long the server may take to end after SIGTERM, before SIGKILL
 * @returns undefined on Windows, and where the system or the file system has no named pipes: the server is not watched then
 */
export async function makeUsersPipe(
  directory: string,
  token: string,
  options: { env: NodeJS.ProcessEnv; graceMs: number },
): Promise<UsersPipe | undefined> {
  if (process.platform === 'win32') return undefined;
  await removeUsersPipes(directory);
  const path = pipePath(directory, token);
  try {
    await run('mkfifo', ['-m', '600', path], { env: options.env, deadlineMs: MAKE_DEADLINE_MS });
  } catch {
    return undefined;
  }
  // A writing end opens only beside a reading one, and the server's must block, unlike the first one.
  const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const own = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  const readEnd = openSync(path, constants.O_RDONLY);
  closeSync(first);
  return {
    ...hold(own),
    readEnd: { fd: readEnd, ...hold(readEnd) },
    watch: (program, args) => ['-c', script(options.graceMs), path, program, ...args],
  };
}

/**
 * Becomes a user of a server that runs.
 *
 * @returns undefined where its watchers have ended, or are about to end it: it must not be used
 */
export async function joinUsers(
  directory: string,
  token: string,
  signal: AbortSignal | undefined,
): Promise<Hold | undefined> {
  const path = pipePath(directory, token);
  const fd = openWriteEnd(path);
  if (typeof fd === 'string') return undefined;
  try {
    if (await isAnswered(path, fd, signal)) return hold(fd);
  } catch (error) {
    closeSync(fd);
    if (getErrno(error) !== 'EPIPE') throw error;
    return undefined;
  }
  closeSync(fd);
  return undefined;
}

/**
 * Whether a server has watchers, in any container of this machine. `unknown`: the pipe was deleted, which they do not need,
 * or it belongs to another machine.
 */
export function probeWatchers(directory: string, token: string): 'alive' | 'dead' | 'unknown' {
  const fd = openWriteEnd(pipePath(directory, token));
  if (typeof fd === 'string') return fd === 'ENXIO' ? 'dead' : 'unknown';
  closeSync(fd);
  return 'alive';
}

/** Under the lock, where the server has ended. Programs that copy folders fail on a named pipe, or wait for it. */
export async function removeUsersPipes(directory: string): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name.startsWith(PREFIX)) await rm(join(directory, name), { force: true });
  }
}

async function isAnswered(path: string, fd: number, signal: AbortSignal | undefined): Promise<boolean> {
  const user = randomUUID();
  const answer = `${path}.${user}`;
  writeSync(fd, `${user}\n`);
  for (const since = Date.now(); Date.now() - since < ANSWER_WITHIN_MS; ) {
    signal?.throwIfAborted();
    if (existsSync(answer)) {
      await rm(answer, { force: true });
      return true;
    }
    const other = openWriteEnd(path);
    if (typeof other === 'string') return false;
    closeSync(other);
    await sleep(ANSWER_INTERVAL_MS);
  }
  return false;
}

/** Opens it without waiting. @returns `ENXIO` where nothing reads it, `ENOENT` where it is gone */
function openWriteEnd(path: string): number | 'ENXIO' | 'ENOENT' {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    const errno = getErrno(error);
    if (errno === 'ENXIO' || errno === 'ENOENT') return errno;
    throw error;
  }
}

function hold(fd: number): Hold {
  let open = true;
  return {
    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function pipePath(directory: string, token: string): string {
  return join(directory, PREFIX + token);
}
