import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { HummingbatchError } from '../contract/index.ts';

/** A server that is not there must be said, not waited for. */
const CONNECT_WITHIN_MS = 10_000;

/**
 * No call may take longer, ms. A worker answers in milliseconds; one that was killed is remembered as a poller for minutes,
 * and only its silence tells.
 */
export const ANSWER_WITHIN_MS = 5_000;

export interface TemporalAddress {
  /** `host:port` */
  address: string;
  namespace: string;
  connection?: Omit<ConnectionOptions, 'address'>;
}

/** @throws `no-temporal` where nothing answers there within 10 s */
export async function connectTemporal({ address, namespace, connection }: TemporalAddress): Promise<Client> {
  try {
    const connected = await Connection.connect({ ...connection, address, connectTimeout: CONNECT_WITHIN_MS });
    return new Client({ connection: connected, namespace });
  } catch (cause) {
    throw new HummingbatchError('no-temporal', `No Temporal server answers at ${address}.`, { cause });
  }
}
