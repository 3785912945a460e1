import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { LOOPBACK, type Ports } from './ports.ts';
import { readIdentity } from './process.ts';
import { type ServerRecord, writeRecordNow } from './record.ts';
import { type Hold, makeUsersPipe, NOT_HELD } from './users.ts';

/** The variables that the server gets. It outlives the process that starts it, so it gets no key and no token. */
const PASSED_ON = ['PATH', 'HOME', 'TMPDIR', 'TMP', 'TEMP', 'SystemRoot', 'USERPROFILE', 'LOCALAPPDATA'];

const MAX_LOG_BYTES = 1024 * 1024;
/** How much of it is read; a crash writes about 4 kB. */
const HEAD_BYTES = 64 * 1024;
/** The reason is a line or two. */
const MAX_REASON = 1000;
/** SIGTERM ends it in 1.2 s; SQLite loses nothing by SIGKILL either. */
export const STOP_GRACE_MS = 5 * 1000;
/** Where the stack of a crashed Go program begins; the reason comes before it. */
const STACK = /\n\s*goroutine \d+ \[/;

export interface LaunchOptions {
  directory: string;
  cli: string;
  database: string;
  namespace: string;
  ports: Ports;
  env: NodeJS.ProcessEnv;
}

/** A server process that was started, whether or not it answers. */
export interface Launched {
  record: ServerRecord;
  /** This process, as the first user. */
  hold: Hold;
  hasEnded: () => boolean;
  /** Why it could not start, as it wrote to its log. */
  readReason: () => Promise<string>;
}

/**
 * Starts the process in a group of its own, which a Ctrl-C in the terminal does not reach, and writes its record. It ends
 * with its last user.
 */
export async function launch(options: LaunchOptions): Promise<Launched> {
  const { directory, cli } = options;
  const file = logFileIn(directory);
  const env = only(PASSED_ON, options.env);
  const token = randomUUID();
  const log = await openLog(file);
  const pipe = await makeUsersPipe(directory, token, { env, graceMs: STOP_GRACE_MS });
  try {
    const { size } = await log.stat();
    const args = argumentsFor(options);
    const child = spawn(pipe ? '/bin/sh' : cli, pipe ? pipe.watch(cli, args) : args, {
      cwd: directory,
      env,
      stdio: ['ignore', log.fd, log.fd, ...(pipe ? [pipe.readEnd.fd] : [])],
      detached: true,
      windowsHide: true,
    });
    if (child.pid === undefined) throw await readError(child);
    const record = toRecord(child.pid, token, pipe !== undefined, options);
    writeRecordNow(directory, record);
    child.unref();
    return {
      record,
      hold: pipe ?? NOT_HELD,
      hasEnded: () => child.exitCode !== null || child.signalCode !== null,
      readReason: () => readReasonIn(file, size),
    };
  } catch (error) {
    pipe?.close();
    throw error;
  } finally {
    pipe?.readEnd.close();
    await log.close();
  }
}

/** Where the server of a directory writes its errors. */
export function logFileIn(directory: string): string {
  return join(directory, 'server.log');
}

/**
 * One partition for each task queue, in place of four: a store has one worker or a few. A worker that starts then costs the
 * server 0.04 s of CPU in place of 0.1 s (Temporal CLI 1.9.1, 20 workers started one after the other).
 */
const DYNAMIC = ['matching.numTaskqueueReadPartitions=1', 'matching.numTaskqueueWritePartitions=1'];

function argumentsFor(options: LaunchOptions): string[] {
  const { namespace, ports, database } = options;
  const listen = ['--ip', LOOPBACK, '--port', String(ports.port), '--ui-port', String(ports.uiPort)];
  const keep = ['--db-filename', database, '--namespace', namespace];
  const dynamic = DYNAMIC.flatMap((value) => ['--dynamic-config-value', value]);
  return ['server', 'start-dev', ...listen, ...keep, ...dynamic, '--log-level', 'error'];
}

function toRecord(
  pid: number,
  token: string,
  watched: boolean,
  { ports, namespace }: LaunchOptions,
): ServerRecord {
  return { ...readIdentity(pid), ...ports, namespace, token, watched };
}

/** At log level `error` it grows by a few lines a start; one that has grown large is emptied. */
async function openLog(file: string): Promise<FileHandle> {
  const log = await open(file, 'a');
  if ((await log.stat()).size > MAX_LOG_BYTES) await log.truncate(0);
  return log;
}

async function readReasonIn(file: string, from: number): Promise<string> {
  const log = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await log.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, from);
    const [reason = ''] = buffer.toString('utf8', 0, bytesRead).split(STACK);
    return reason.trim().slice(-MAX_REASON);
  } finally {
    await log.close();
  }
}

async function readError(child: ChildProcess): Promise<unknown> {
  const [error] = await once(child, 'error');
  return error;
}

function only(names: readonly string[], env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
