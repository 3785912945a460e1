import { AsyncLocalStorage } from 'node:async_hooks';
import type { NativeConnection } from '@temporalio/worker';

/** Closes a connection that no worker uses any more, with what it leaves behind. */
export async function closeConnection(connection: NativeConnection): Promise<void> {
  await connection.close();
  disableContext(connection);
}

/**
 * Takes away what a closed connection leaves behind: its AsyncLocalStorage stays enabled (@temporalio/worker 1.24.0), and Node
 * 20 and 22 copy each enabled one at each `await`. After fifty connections an `await` takes 11 µs in place of 0.4 µs.
 */
export function disableContext(connection: NativeConnection): void {
  const context: unknown = Reflect.get(connection, 'callContextStorage');
  if (context instanceof AsyncLocalStorage) context.disable();
}
