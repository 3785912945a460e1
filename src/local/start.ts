import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readMessage } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { callTemporal } from './call.ts';
import { inspectCli } from './cli.ts';
import { openDatabase } from './database.ts';
import { type Launched, type LaunchOptions, launch, logFileIn, STOP_GRACE_MS } from './launch.ts';
import { readToken, writeToken } from './namespace.ts';
import { freePorts, LOOPBACK, type Ports } from './ports.ts';
import { endProcess } from './process.ts';
import { formatAddress, type ServerRecord } from './record.ts';
import type { Hold } from './users.ts';

/** It answers after 0.3 s on an idle machine; later on a busy one, or after a crash with a long log to replay. */
const START_DEADLINE_MS = 30 * 1000;
/**
 * A start that exits is tried again: the dev server picks more ports for its own parts, each free a moment
 * before it listens there, and ends where another process was quicker.
 */
const MAX_TRIES = 3;
const PROBE_TIMEOUT_MS = 1000;

export interface StartOptions extends Omit<LaunchOptions, 'ports' | 'database'> {
  /** Where it must listen. */
  required: Partial<Ports>;
  /** Where it listened last time: there again, if that is free. */
  remembered: Partial<Ports>;
  signal?: AbortSignal | undefined;
}

/** A server and this process as its user. */
export interface HeldServer {
  record: ServerRecord;
  hold: Hold;
}

/**
 * Starts a dev server on this directory's database and waits until it answers. Only under the lock: a second server on
 * one SQLite file would start and serve beside the first.
 *
 * @throws HummingbatchError `no-temporal` with the server's own words where it does not come up, or where a port that
 *   was required for is taken; `no-temporal-cli` where the program does not run
 */
export async function startServer(options: StartOptions): Promise<HeldServer> {
  const { serverVersion } = await inspectCli(options.cli, options);
  for (let attempt = 1; ; attempt += 1) {
    const ports = await freePorts({ ...options.remembered, ...options.required });
    refuseOtherPorts(options.required, ports);
    const database = await openDatabase(options.directory, serverVersion);
    const server = await launch({ ...options, database: database.path, ports });
    try {
      await waitForAnswer(server, options.signal);
      await database.made();
      return { record: server.record, hold: server.hold };
    } catch (error) {
      server.hold.close();
      const endedByItself = server.hasEnded();
      await endProcess(server.record, STOP_GRACE_MS);
      options.signal?.throwIfAborted();
      if (!endedByItself || attempt === MAX_TRIES) throw await didNotStart(server, options.directory, error);
    }
  }
}

function refuseOtherPorts(required: Partial<Ports>, free: Ports): void {
  for (const name of ['port', 'uiPort'] as const) {
    if (required[name] === undefined || required[name] === free[name]) continue;
    throw new HummingbatchError('no-temporal', `Port ${required[name]} of ${LOOPBACK} is not available.`, {
      fix: 'End the program that listens there, or choose another port.',
    });
  }
}

async function didNotStart(server: Launched, directory: string, cause: unknown): Promise<HummingbatchError> {
  const reason = (await server.readReason()) || readMessage(cause);
  return new HummingbatchError('no-temporal', `The managed dev server did not start: ${reason}`, {
    cause,
    fix: `Fix what it names (the full log is ${logFileIn(directory)}), then run the same command again.`,
  });
}

async function waitForAnswer(server: Launched, signal: AbortSignal | undefined): Promise<void> {
  const until = Date.now() + START_DEADLINE_MS;
  for (let pauseMs = 20; ; pauseMs = Math.min(pauseMs * 1.5, 200)) {
    signal?.throwIfAborted();
    const failure = await markAsOurs(server, signal);
    if (!failure) return;
    if (server.hasEnded()) throw new Error('it ended at once and wrote no reason');
    if (Date.now() > until) throw new Error(`no answer within ${START_DEADLINE_MS / 1000} s: ${failure}`);
    await sleep(pauseMs, undefined, signal ? { signal } : {});
  }
}

/** @returns undefined where it answered and holds the token now; else why not */
async function markAsOurs(server: Launched, signal: AbortSignal | undefined): Promise<string | undefined> {
  const { record } = server;
  // A gRPC channel that fails tries again only after 1 s; a bare connection shows at once whether anything listens.
  if (!(await isListening(record.port))) return `nothing listens on port ${record.port}`;
  try {
    return await callTemporal(formatAddress(record), signal, async (connection) => {
      await readToken(connection, record.namespace);
      // What answers after our process has ended is another program on this port.
      if (server.hasEnded()) return 'it ended';
      await writeToken(connection, record.namespace, record.token);
      return undefined;
    });
  } catch (error) {
    return readMessage(error);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK, timeout: PROBE_TIMEOUT_MS });
    const answer = (listening: boolean) => () => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', answer(true)).once('timeout', answer(false)).once('error', answer(false));
  });
}
