import { Connection } from '@temporalio/client';

/** Every call to the server ends within this time, with an answer or an error. */
export const CALL_DEADLINE_MS = 10 * 1000;

/**
 * Opens a connection for a few calls, each with a deadline of 10 s, and closes it.
 *
 * @throws what the connection throws: not reachable, too late, or the signal's reason
 */
export async function callTemporal<T>(
  address: string,
  signal: AbortSignal | undefined,
  calls: (connection: Connection) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const connection = await Connection.connect({
    address,
    connectTimeout: CALL_DEADLINE_MS,
    // No proxy of `http_proxy` leads to this machine.
    channelArgs: { 'grpc.enable_http_proxy': 0 },
  });
  try {
    const inTime = () => connection.withDeadline(Date.now() + CALL_DEADLINE_MS, () => calls(connection));
    return await (signal ? connection.withAbortSignal(signal, inTime) : inTime());
  } finally {
    await connection.close();
  }
}
