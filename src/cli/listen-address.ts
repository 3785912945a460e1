import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { hostAndPort } from '../config.ts';
import { HummingbatchError } from '../contract/index.ts';

/** What `localhost:9464` is as numbers: Temporal's native part takes no names. @throws `usage` where there is no such host */
export async function listenAddress(text: string): Promise<string> {
  const { host = '', port } = hostAndPort(text) ?? {};
  try {
    const { address } = await lookup(host);
    return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`;
  } catch (cause) {
    throw new HummingbatchError('usage', `Metrics cannot be served at ${text}: there is no such host.`, {
      fix: 'Name an address of this machine, such as 127.0.0.1:9464.',
      cause,
    });
  }
}
