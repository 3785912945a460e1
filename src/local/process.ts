import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { getErrno } from '../contract/caught-error.ts';

/**
 * A process, its start time, and where its number means this process. The number alone is not enough: numbers are reused,
 * after a restart of the machine even soon, and each container counts its own.
 */
export interface ProcessIdentity {
  pid: number;
  /** To be compared for equality only; undefined where the platform does not tell. */
  startTime?: string | undefined;
  /** One boot of a machine and one namespace of process ids; without /proc a machine's name. To be compared only. */
  place?: string | undefined;
}

const PS_DEADLINE_MS = 10 * 1000;
/** A check costs 0.1 ms on Linux and about 5 ms on macOS. */
const CHECK_INTERVAL_MS = 50;

/**
 * When a process was started, by platform; undefined means that it does not run. Synchronous, so that a process can be
 * recorded with its start time in the tick in which it was started.
 */
const START_TIME: Partial<Record<NodeJS.Platform, (pid: number) => string | undefined>> = {
  linux: startTimeFromProc,
  darwin: startTimeFromPs,
};

/** The identity of a process that runs now. */
export function readIdentity(pid: number): ProcessIdentity {
  const startTime = START_TIME[process.platform]?.(pid);
  return { pid, ...(startTime !== undefined && { startTime }), place: readPlace() };
}

/**
 * Whether a process belongs to another container, another machine, or this one before a restart. From here it cannot be
 * found out whether it runs.
 */
export function isElsewhere({ place }: ProcessIdentity): boolean {
  return place !== undefined && place !== readPlace();
}

/** Whether a process runs or ran on this machine since its last start, in whatever container. Without /proc: unknown. */
export function sharesKernel({ place }: ProcessIdentity): boolean {
  return process.platform === 'linux' && place?.split(':')[0] === readBoot();
}

/**
 * Whether this process still runs here. A zombie does not, nor does one elsewhere. Where no start time is known, the number
 * decides.
 */
export function isRunning(identity: ProcessIdentity): boolean {
  if (isElsewhere(identity) || !exists(identity.pid)) return false;
  const readStartTime = START_TIME[process.platform];
  if (!readStartTime) return true;
  const startTime = readStartTime(identity.pid);
  return startTime !== undefined && (identity.startTime ?? startTime) === startTime;
}

/**
 * Ends a process that leads its own group: with SIGTERM, and after `graceMs` with SIGKILL. Windows has no groups, and there
 * SIGTERM ends it at once.
 *
 * @returns whether it is gone; false only where even SIGKILL did not end it within another `graceMs`
 */
export async function endProcess(identity: ProcessIdentity, graceMs: number): Promise<boolean> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!isRunning(identity)) return true;
    signalGroup(identity.pid, signal);
    if (await isGone(identity, graceMs)) return true;
  }
  return false;
}

/** A process as `JSON.stringify` wrote it; undefined where the text is not whole. */
export function parseIdentity(text: string): ProcessIdentity | undefined {
  const [, pid, startTime, place] =
    /^\{"pid":(\d+)(?:,"startTime":"([^"\\]*)")?(?:,"place":"([^"\\]*)")?\}$/.exec(text) ?? [];
  return pid ? { pid: Number(pid), startTime, place } : undefined;
}

function readPlace(): string {
  if (process.platform !== 'linux') return hostname();
  return `${readBoot()}:${readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')}`;
}

/** Another one after each start of the machine. */
function readBoot(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
}

/** From `/proc/<pid>/stat`: field 3 is the state, field 22 the start in ticks since boot, hence the boot's id. */
function startTimeFromProc(pid: number): string | undefined {
  const stat = readStat(pid);
  // The name in field 2 may hold spaces and brackets; the other fields follow its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields[19];
  if (!ticks || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${readBoot()}:${ticks}`;
}

function readStat(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    const errno = getErrno(error);
    if (errno === 'ENOENT' || errno === 'ESRCH') return '';
    throw error;
  }
}

/** For platforms without /proc; to the second only. Exported for a test on Linux, whose `ps` says the same. */
export function startTimeFromPs(pid: number): string | undefined {
  const env = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };
  const { stdout, error } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
    env,
    encoding: 'utf8',
    timeout: PS_DEADLINE_MS,
  });
  if (error) throw error;
  // Empty where there is no such process; state Z where it is dead and its parent has not collected it.
  const [state, ...started] = stdout.trim().split(/\s+/);
  return state && !state.startsWith('Z') ? started.join(' ') : undefined;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs and belongs to another user.
    return getErrno(error) === 'EPERM';
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch (error) {
    // It ended in this moment.
    if (getErrno(error) !== 'ESRCH') throw error;
  }
}

async function isGone(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (isRunning(identity)) {
    if (Date.now() > until) return false;
    await sleep(CHECK_INTERVAL_MS);
  }
  return true;
}
