import {
  Client,
  Connection,
  type ConnectionOptions,
  defaultGrpcRetryOptions,
  type GrpcRetryOptions,
  makeGrpcRetryInterceptor,
} from '@temporalio/client';
import { HummingbatchError } from '../contract/index.ts';
import { cancelOnClosedChannel } from './closed-channel.ts';

/** A server that is not there is an error, not a long wait. */
const CONNECT_WITHIN_MS = 10_000;

/**
 * No call may take longer, ms. A worker answers in milliseconds; the successor of one that has ended, 3 s later, and later
 * still on a busy machine. Temporal lists a killed one as a poller for minutes, so only this deadline shows that it is gone.
 */
export const ANSWER_WITHIN_MS = 10_000;

export interface TemporalAddress {
  /** `host:port` */
  address: string;
  namespace: string;
  connection?: Omit<ConnectionOptions, 'address'>;
}

/**
 * gRPC for Node takes the proxy of `http_proxy` and the like also for this machine, where no proxy leads (@grpc/grpc-js 1.14).
 */
function channelArgsFor(address: string): ConnectionOptions['channelArgs'] {
  const isHere = /^(?:localhost|127\.[\d.]+|\[::1\])(?::\d+)?$/i.test(address);
  return isHere ? { 'grpc.enable_http_proxy': 0 } : {};
}

const { delayFunction, retryableDecider } = defaultGrpcRetryOptions();
/** Temporal's default, except where it refuses the eleventh update in flight: retried to the deadline it looks like a dead worker. */
const RETRIES: GrpcRetryOptions = {
  delayFunction,
  retryableDecider: (attempt, status) =>
    !status.details.includes('in-flight updates') && retryableDecider(attempt, status),
};

/** @throws `no-temporal` where nothing answers there within 10 s */
export async function connectTemporal({ address, namespace, connection }: TemporalAddress): Promise<Client> {
  try {
    const connected = await Connection.connect({
      interceptors: [makeGrpcRetryInterceptor(RETRIES), cancelOnClosedChannel],
      channelArgs: channelArgsFor(address),
      ...connection,
      address,
      connectTimeout: CONNECT_WITHIN_MS,
    });
    return new Client({ connection: connected, namespace });
  } catch (cause) {
    throw new HummingbatchError('no-temporal', `No Temporal server answers at ${address}.`, { cause });
  }
}
