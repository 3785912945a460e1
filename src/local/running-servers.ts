import { execFile } from 'node:child_process';
import { readdir, readFile, readlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { getErrno } from '../contract/caught-error.ts';
import { type ProcessIdentity, readIdentity } from './process.ts';

const execute = promisify(execFile);

/** A managed dev server as the list of this machine's processes shows it. */
export interface RunningServer extends ProcessIdentity {
  /** The folder of its database. It may be gone. */
  directory: string;
  /** Resident memory, bytes. */
  bytes: number;
  /** Whether a watcher of it lives, which ends it with its last user. */
  watched: boolean;
}

interface Command {
  pid: number;
  bytes: number;
  /** Its words, joined by spaces. */
  command: string;
}

const PS_DEADLINE_MS = 10 * 1000;
const MAX_PS_BYTES = 16 * 1024 * 1024;
/** As `launch` spells it; the folder of the database is known between two flags, whatever its name holds. */
const SERVER =
  / server start-dev --ip \S+ --port \d+ --ui-port \d+ --db-filename ([^\n]+)\/temporal-\d+\.\d+\.\d+\.sqlite --namespace /;

const COMMANDS: Partial<Record<NodeJS.Platform, () => Promise<Command[]>>> = {
  linux: commandsFromProc,
  darwin: commandsFromPs,
};

/** The managed dev servers of this user, of all stores. None on Windows. */
export async function findRunningServers(): Promise<RunningServer[]> {
  const commands = (await COMMANDS[process.platform]?.()) ?? [];
  const watched = new Set(commands.filter(isWatcher).map(({ command }) => SERVER.exec(command)?.[0]));
  return commands.flatMap((found) => {
    const { pid, bytes, command } = found;
    const [text, directory] = (isWatcher(found) ? undefined : SERVER.exec(command)) ?? [];
    return directory ? [{ ...readIdentity(pid), directory, bytes, watched: watched.has(text) }] : [];
  });
}

/** It names its server, too, after its own program. */
function isWatcher({ command }: Command): boolean {
  return /^\S*sh -c /.test(command);
}

/** Only of processes that see the same process numbers and folders: those of containers see others. */
async function commandsFromProc(): Promise<Command[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const own = await readSurroundings('self');
  const commands = await Promise.all(pids.map((pid) => readCommand(pid, own)));
  return commands.filter((command) => command !== undefined);
}

async function readCommand(pid: string, own: string): Promise<Command | undefined> {
  try {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (!words.includes('start-dev') || (await readSurroundings(pid)) !== own) return undefined;
    const [, kilobytes = '0'] =
      /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
    const command = words.replaceAll('\0', ' ');
    return { pid: Number(pid), bytes: Number(kilobytes) * 1024, command };
  } catch (error) {
    // It has ended, or it belongs to another user.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(getErrno(error) ?? '')) return undefined;
    throw error;
  }
}

/** Readable for processes of the same user only. */
async function readSurroundings(pid: string): Promise<string> {
  const links = ['pid', 'mnt'].map((name) => readlink(`/proc/${pid}/ns/${name}`));
  return (await Promise.all(links)).join();
}

/** For platforms without /proc. Exported for a test on Linux, whose `ps` says the same. */
export async function commandsFromPs(): Promise<Command[]> {
  const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C' };
  const user = String(process.getuid?.());
  const { stdout } = await execute('ps', ['-ww', '-U', user, '-o', 'pid=,rss=,args='], {
    env,
    timeout: PS_DEADLINE_MS,
    maxBuffer: MAX_PS_BYTES,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, kilobytes, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command ? [{ pid: Number(pid), bytes: Number(kilobytes) * 1024, command }] : [];
  });
}
