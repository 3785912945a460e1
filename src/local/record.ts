import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getErrno } from '../contract/caught-error.ts';
import { LOOPBACK, type Ports } from './ports.ts';
import type { ProcessIdentity } from './process.ts';

/** The server of a store as its file `server.json` describes it. The file stays after the server's end, for its ports. */
export interface ServerRecord extends Ports, ProcessIdentity {
  /** Random for each start. The server's namespace holds it, too, so a call shows whether this server still has the port. */
  token: string;
  namespace: string;
  /** Whether it ends with its last user, however that one ends. */
  watched?: boolean;
}

/** The content of `server.json`; undefined where there is none, or it is no record. */
export async function readRecord(directory: string): Promise<ServerRecord | undefined> {
  const text = await readFile(fileIn(directory), 'utf8').catch((error: unknown) => {
    if (getErrno(error) === 'ENOENT') return '';
    throw error;
  });
  return parse(text);
}

/**
 * Writes it whole or not at all (readers do not hold the lock), in the tick in which the server was started. A process that
 * is killed between the two would leave a server without a record, and a second one would start on the same database.
 */
export function writeRecordNow(directory: string, record: ServerRecord): void {
  const temporary = `${fileIn(directory)}.new`;
  writeFileSync(temporary, JSON.stringify(record, undefined, 2));
  renameSync(temporary, fileIn(directory));
}

export function formatAddress(record: Ports): string {
  return `${LOOPBACK}:${record.port}`;
}

export function formatUiUrl(record: Ports): string {
  return `http://${LOOPBACK}:${record.uiPort}`;
}

/** A file that a power cut left empty or half written is no record: its server died with the machine. */
function parse(text: string): ServerRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is ServerRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime, place, port, uiPort, token, namespace, watched } = value as Record<string, unknown>;
  const numbers = [pid, port, uiPort].every((found) => Number.isSafeInteger(found) && Number(found) > 0);
  const texts = [token, namespace, startTime ?? '', place ?? ''].every((found) => typeof found === 'string');
  return numbers && texts && typeof (watched ?? false) === 'boolean';
}

function fileIn(directory: string): string {
  return join(directory, 'server.json');
}
