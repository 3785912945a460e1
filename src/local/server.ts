import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { getErrno } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { callTemporal } from './call.ts';
import { requireUsersHere } from './elsewhere.ts';
import { STOP_GRACE_MS } from './launch.ts';
import { type Lease, leasesIn } from './leases.ts';
import { withLock } from './lock.ts';
import { type NamespaceSettings, readToken, settleNamespace } from './namespace.ts';
import type { Ports } from './ports.ts';
import { endProcess, isRunning } from './process.ts';
import { formatAddress, formatUiUrl, readRecord, type ServerRecord } from './record.ts';
import { refusal } from './refusal.ts';
import type { Say } from './say.ts';
import { type HeldServer, startServer } from './start.ts';
import { joinUsers, NOT_HELD, removeUsersPipes } from './users.ts';

export interface ServerOptions extends NamespaceSettings, Partial<Ports> {
  /** `.temporal` of a store; made where it is missing. */
  directory: string;
  /** The Temporal CLI's path. Not used where a server runs already. */
  cli: string;
  env: NodeJS.ProcessEnv;
  log: Say;
  signal?: AbortSignal | undefined;
}

/** Where clients reach a server. */
export interface TemporalPlace {
  /** `host:port`, as TEMPORAL_ADDRESS has it. */
  address: string;
  uiUrl: string;
  namespace: string;
}

/** A server that runs until {@link release}. */
export interface ManagedTemporal extends TemporalPlace {
  /** Ends this use of the server; the last user ends the server itself. Safe to call twice. */
  release(): Promise<void>;
}

/**
 * Starts the managed dev server of a store, or shares the one that runs, whichever process started it. Two processes that
 * call at the same moment get one server. It runs until its last user releases it or dies, however that one dies. Where
 * nothing can watch it (Windows, a file system without named pipes) it outlives users that are killed, on loopback only,
 * and the next user takes it over.
 *
 * @throws HummingbatchError `no-temporal` where it cannot be started or reached, `temporal-elsewhere` where another
 *   container or machine uses it, `no-temporal-cli`, `disk-full`, `store-unwritable`, `aborted`
 */
export async function startTemporal(given: ServerOptions): Promise<ManagedTemporal> {
  // The server runs in its own folder, where a relative path means another one.
  const options = { ...given, directory: resolve(given.directory), cli: resolve(given.cli) };
  const { directory, signal } = options;
  const leases = leasesIn(directory);
  try {
    await mkdir(directory, { recursive: true });
    return await withLock(directory, signal, async () => {
      await requireUsersHere(options);
      const lease = await leases.take();
      try {
        const { record, hold } = await settled(options);
        const release = () => releaseLease(directory, lease, record).finally(() => hold.close());
        return { ...toTemporalPlace(record), release: once(release) };
      } catch (error) {
        await leave(directory, lease);
        throw error;
      }
    });
  } catch (error) {
    throw refusal(error, `Starting the managed dev server of ${directory}`, signal);
  }
}

/**
 * The server that runs for this directory, verified by a call; undefined where none runs. It is not held: it may end at
 * any time.
 *
 * @throws HummingbatchError `no-temporal` where its file cannot be read
 */
export async function runningTemporal(
  directory: string,
  signal?: AbortSignal,
): Promise<TemporalPlace | undefined> {
  try {
    const record = await readRecord(directory);
    return record && (await answersAs(record, signal)) ? toTemporalPlace(record) : undefined;
  } catch (error) {
    throw refusal(error, `Searching the managed dev server of ${directory}`, signal);
  }
}

/** A server that is killed before its namespace is set up is started once more. */
async function settled(options: ServerOptions, again = true): Promise<HeldServer> {
  const server = (await adopt(options)) ?? (await startAnew(options));
  try {
    await settle(server.record, options);
    return server;
  } catch (error) {
    server.hold.close();
    if (!again || isRunning(server.record)) throw error;
    return settled(options, false);
  }
}

async function adopt(options: ServerOptions): Promise<HeldServer | undefined> {
  const { directory, signal } = options;
  const record = await readRecord(directory);
  if (!record || record.namespace !== options.namespace) return undefined;
  // First of all: while it is held its watchers do not end it.
  const hold = record.watched ? await joinUsers(directory, record.token, signal) : NOT_HELD;
  if (!hold) return undefined;
  if (!(await answersAs(record, signal))) {
    hold.close();
    return undefined;
  }
  if ((options.port ?? record.port) !== record.port || (options.uiPort ?? record.uiPort) !== record.uiPort) {
    options.log(`The managed dev server of this store runs already, at ${formatAddress(record)}.`);
  }
  return { record, hold };
}

async function startAnew(options: ServerOptions): Promise<HeldServer> {
  const { directory, port, uiPort } = options;
  const last = await readRecord(directory);
  if (last) await end(last);
  return startServer({
    ...options,
    required: { ...(port !== undefined && { port }), ...(uiPort !== undefined && { uiPort }) },
    remembered: last ? { port: last.port, uiPort: last.uiPort } : {},
  });
}

function settle(server: ServerRecord, options: ServerOptions): Promise<void> {
  return callTemporal(formatAddress(server), options.signal, (connection) =>
    settleNamespace(connection, options),
  );
}

async function releaseLease(directory: string, lease: Lease, server: ServerRecord): Promise<void> {
  try {
    await withLock(directory, undefined, () => leave(directory, lease));
  } catch (error) {
    // The store was deleted, and with it all leases: no other process can find this server any more.
    if (getErrno(error) === 'ENOENT') return end(server);
    throw refusal(error, `Releasing the managed dev server of ${directory}`, undefined);
  }
}

/** Under the lock. */
async function leave(directory: string, lease: Lease): Promise<void> {
  await lease.release();
  if ((await leasesIn(directory).count()) > 0) return;
  const server = await readRecord(directory);
  if (!server) return;
  await end(server);
  await removeUsersPipes(directory);
}

/** Ends a server after checking that it is this one: by its start time, or where the platform has none, by its token. */
async function end(server: ServerRecord): Promise<void> {
  const ours = server.startTime === undefined ? await answersAs(server, undefined) : isRunning(server);
  if (!ours || (await endProcess(server, STOP_GRACE_MS))) return;
  throw new HummingbatchError('no-temporal', `The managed dev server (process ${server.pid}) does not end.`, {
    fix: `End process ${server.pid}, then call the same command again.`,
  });
}

async function answersAs(server: ServerRecord, signal: AbortSignal | undefined): Promise<boolean> {
  if (!isRunning(server)) return false;
  try {
    const token = await callTemporal(formatAddress(server), signal, (connection) =>
      readToken(connection, server.namespace),
    );
    return token === server.token;
  } catch {
    signal?.throwIfAborted();
    // A server that does not answer counts as none, whatever the reason; the next start ends it first.
    return false;
  }
}

function toTemporalPlace(server: ServerRecord): TemporalPlace {
  return { address: formatAddress(server), uiUrl: formatUiUrl(server), namespace: server.namespace };
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= act();
    return done;
  };
}
