import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { HummingbatchError } from '../contract/index.ts';
import { parseHostAndPort } from '../net/host-and-port.ts';

/** `localhost:9464` with an IP address: Temporal's native part takes no names. @throws `usage` where there is no such host */
export async function resolveAddress(text: string): Promise<string> {
  const { host = '', port } = parseHostAndPort(text) ?? {};
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
