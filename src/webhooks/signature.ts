import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { HummingbatchError } from '../contract/index.ts';
import { decodeKey } from './secret.ts';

/** The headers of Standard Webhooks. */
export const SIGNATURE_HEADERS = {
  id: 'webhook-id',
  timestamp: 'webhook-timestamp',
  signature: 'webhook-signature',
} as const;

/**
 * How far apart the clocks of sender and receiver may be, in either direction: the value that Standard Webhooks
 * recommends.
 */
const TOLERANCE_S = 5 * 60;

export interface Unsigned {
  /** The message's id, the same in each delivery. */
  id: string;
  /** When this attempt is sent, whole seconds since 1970. */
  timestamp: number;
  body: string | Uint8Array;
}

/** The header `webhook-signature`: one signature for each secret, so that a receiver needs only one of them. */
export function sign(message: Unsigned, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1,${computeDigest(message, secret).toString('base64')}`).join(' ');
}

/** A webhook request as it was received. */
export interface SignedRequest {
  /** Node's `request.headers`, or those of a `Request`. */
  headers: IncomingHttpHeaders | Headers;
  /** The raw body, byte for byte: JSON that was parsed and serialised again has another signature. */
  body: string | Uint8Array;
  /** `whsec_…`; several while one is being replaced by another. */
  secret: string | readonly string[];
  /** ms since 1970. Default: now. */
  now?: number;
}

/** A message whose signature is valid. */
export interface Verified {
  /** The header `webhook-id`: ignore an id that you have seen. */
  id: string;
  /** The body, as text. */
  text: string;
}

/**
 * Verifies a message of Standard Webhooks, from any sender.
 *
 * @throws `webhook-invalid` where it has no signature, its timestamp is more than 5 min away from now, or no secret
 *   matches; `usage` where a secret is not valid
 */
export function verifySignature({ headers, body, secret, now = Date.now() }: SignedRequest): Verified {
  const keys = [secret].flat();
  if (keys.length === 0) throw new HummingbatchError('usage', 'No webhook secret is given.');
  const id = readHeader(headers, SIGNATURE_HEADERS.id);
  const at = readHeader(headers, SIGNATURE_HEADERS.timestamp);
  const signatures = readHeader(headers, SIGNATURE_HEADERS.signature);
  if (!id || !at || !/^\d{1,12}$/.test(at) || !signatures) throw rejectWebhook('it has no signature');
  const timestamp = Number(at);
  if (Math.abs(now / 1_000 - timestamp) > TOLERANCE_S)
    throw rejectWebhook('its timestamp is more than 5 minutes away from now');

  const digests = keys.map((key) => computeDigest({ id, timestamp, body }, key));
  const given = signatures.split(' ', MAX_SIGNATURES).map(decodeSignature);
  // Every pair is compared, so that the time it takes reveals nothing.
  const matching = digests.flatMap((digest) => given.filter((bytes) => timingSafeEqual(bytes, digest)));
  if (matching.length === 0) throw rejectWebhook('its signature matches none of the secrets');
  return { id, text: typeof body === 'string' ? body : Buffer.from(body).toString() };
}

/** @param why the text after "is refused: " */
export function rejectWebhook(why: string): HummingbatchError {
  return new HummingbatchError('webhook-invalid', `The webhook is refused: ${why}.`);
}

const DIGEST_BYTES = 32;
/** The most signatures that are compared. A sender uses two while a secret is being replaced. */
const MAX_SIGNATURES = 8;

function computeDigest({ id, timestamp, body }: Unsigned, secret: string): Buffer {
  return createHmac('sha256', decodeKey(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** Decodes a signature; any other text becomes one that matches nothing. */
function decodeSignature(signature: string): Buffer {
  const [, base64 = ''] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === DIGEST_BYTES ? bytes : Buffer.alloc(DIGEST_BYTES);
}

/** Reads a header in any case: Node writes names in lower case, but some gateways that pass on plain objects do not. */
function readHeader(headers: IncomingHttpHeaders | Headers, name: string): string | undefined {
  const all = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const values = all.flatMap(([written, value]) => (written.toLowerCase() === name ? [value].flat() : []));
  return values.length === 1 ? values[0] : undefined;
}
