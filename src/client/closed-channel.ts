import type { ConnectionOptions } from '@temporalio/client';
import { readMessage } from '../contract/caught-error.ts';

type Interceptor = NonNullable<ConnectionOptions['interceptors']>[number];
type Call = ReturnType<Interceptor>;

/** gRPC's code of a call that its caller has ended; it is not retried. */
const CANCELLED = 1;

/**
 * Ends the next attempt of a call as cancelled where its connection was closed meanwhile. Temporal's retries
 * (@temporalio/client 1.24.0) make it in a timer: what gRPC throws there for a closed channel would end the process.
 */
export const cancelOnClosedChannel: Interceptor = (options, nextCall) => {
  try {
    return nextCall(options) as Call;
  } catch (error) {
    return endedCall(readMessage(error)) as unknown as Call;
  }
};

const ignore = (): void => undefined;

/** A call that ends as cancelled when it is started. */
const endedCall = (details: string) => ({
  start(metadata: unknown, listener?: { onReceiveStatus?: (status: object) => void }) {
    listener?.onReceiveStatus?.({ code: CANCELLED, details, metadata });
  },
  sendMessage: ignore,
  halfClose: ignore,
  cancelWithStatus: ignore,
});
