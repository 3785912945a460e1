import { Client, Connection, type ConnectionOptions } from '@temporalio/client';
import { HummingbatchError } from '../contract/index.ts';

/** No call to Temporal may take longer, ms: a server that is not there must be said, not waited for. */
export const CALL_DEADLINE_MS = 10_000;

export interface TemporalAddress {
  /** `host:port` */
  address: string;
  namespace: string;
  connection?: Omit<ConnectionOptions, 'address'>;
}

/** @throws `no-temporal` where nothing answers there within 10 s */
export async function connectTemporal({ address, namespace, connection }: TemporalAddress): Promise<Client> {
  try {
    const connected = await Connection.connect({ ...connection, address, connectTimeout: CALL_DEADLINE_MS });
    return new Client({ connection: connected, namespace });
  } catch (cause) {
    throw new HummingbatchError('no-temporal', `No Temporal server answers at ${address}.`, { cause });
  }
}
