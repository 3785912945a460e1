import { type AddressInfo, createServer, type Server } from 'node:net';
import { getErrno } from '../contract/caught-error.ts';

/** The managed dev server listens only here, because it has no authentication. */
export const LOOPBACK = '127.0.0.1';

/** Taken, reserved for root (below 1024), or excluded by Windows. */
const NOT_FREE = new Set(['EADDRINUSE', 'EACCES']);

export interface Ports {
  port: number;
  uiPort: number;
}

/**
 * Two ports that are free now: the wanted ones where they are free, so that links and settings stay valid, else any.
 * Another process may take one before the server starts; the caller then tries again.
 */
export async function freePorts(wanted: Partial<Ports>): Promise<Ports> {
  const first = await reserve(wanted.port);
  try {
    const second = await reserve(wanted.uiPort);
    const ports = { port: getPort(first), uiPort: getPort(second) };
    await close(second);
    return ports;
  } finally {
    await close(first);
  }
}

/** A port of loopback that is free now; another process may take it before it is used. */
export async function freePort(): Promise<number> {
  const server = await reserve(undefined);
  const port = getPort(server);
  await close(server);
  return port;
}

async function reserve(wanted: number | undefined): Promise<Server> {
  try {
    return await listen(wanted ?? 0);
  } catch (error) {
    if (wanted === undefined || !NOT_FREE.has(getErrno(error) ?? '')) throw error;
    return listen(0);
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => resolve(server));
  });
}

function getPort(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
