import { createHmac } from 'node:crypto';

/**
 * The headers of a message by Standard Webhooks: HMAC-SHA256 over id, time and body. https://www.standardwebhooks.com
 *
 * Apart from `src/webhooks`, as Google's is: what checks would not see a mistake that it shares with what signs.
 */
export function signedHeaders(
  secret: string,
  { id, body, time }: { id: string; body: string; time: number },
): Record<string, string> {
  const seconds = String(Math.floor(time / 1000));
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
}
