import { createHmac } from 'node:crypto';

/**
 * Creates the headers of a Standard Webhooks message: HMAC-SHA256 over id, time and body.
 * https://www.standardwebhooks.com
 *
 * Not shared with `src/webhooks`, just as Google's code is not: with shared code, the verifier would not find a mistake
 * of the signer.
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
