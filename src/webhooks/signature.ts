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

/** How far the clocks of sender and receiver may be apart, either way: what Standard Webhooks advises. */
const TOLERANCE_S = 5 * 60;

export interface Unsigned {
  /** The same in each delivery of a message. */
  id: string;
  /** Of this attempt, whole seconds since 1970. */
  timestamp: number;
  body: string | Uint8Array;
}

/** The header `webhook-signature`: one signature for each secret, so that receivers may know either. */
export function sign(message: Unsigned, secrets: readonly string[]): string {
  return secrets.map((secret) => `v1,${computeDigest(message, secret).toString('base64')}`).join(' ');
}

/** What came in, as it came. */
export interface SignedRequest {
  /** Node's `request.headers`, or those of a `Request`. */
  headers: IncomingHttpHeaders | Headers;
  /** The raw body, byte for byte: JSON that was parsed and written again has another signature. */
  body: string | Uint8Array;
  /** `whsec_…`; several while one replaces another. */
  secret: string | readonly string[];
  /** ms since 1970. Default: now. */
  now?: number;
}

/** A message that is from whom it says. */
export interface Verified {
  /** `webhook-id`: who has seen it before has this message already. */
  id: string;
  /** The body, as text. */
  text: string;
}

/**
 * Checks a message of Standard Webhooks, from whomever.
 *
 * @throws `webhook-invalid` where it is not signed, signed more than 5 min from now, or by none of the secrets; `usage`
 *   where a secret is none
 */
export function verifySignature({ headers, body, secret, now = Date.now() }: SignedRequest): Verified {
  const keys = [secret].flat();
  if (keys.length === 0) throw new HummingbatchError('usage', 'There is no secret to verify with.');
  const id = readHeader(headers, SIGNATURE_HEADERS.id);
  const at = readHeader(headers, SIGNATURE_HEADERS.timestamp);
  const signatures = readHeader(headers, SIGNATURE_HEADERS.signature);
  if (!id || !at || !/^\d{1,12}$/.test(at) || !signatures) throw invalid('it is not signed');
  const timestamp = Number(at);
  if (Math.abs(now / 1_000 - timestamp) > TOLERANCE_S)
    throw invalid('it was not signed within 5 minutes of now');

  const digests = keys.map((key) => computeDigest({ id, timestamp, body }, key));
  const offered = signatures.split(' ', MAX_SIGNATURES).map(decodeSignature);
  // All are compared, whichever fits: how long it takes says nothing.
  const fitting = digests.flatMap((digest) => offered.filter((bytes) => timingSafeEqual(bytes, digest)));
  if (fitting.length === 0) throw invalid('its signature is none of ours');
  return { id, text: typeof body === 'string' ? body : Buffer.from(body).toString() };
}

/** @param why behind "is refused: " */
export function invalid(why: string): HummingbatchError {
  return new HummingbatchError('webhook-invalid', `The webhook is refused: ${why}.`);
}

const DIGEST_BYTES = 32;
/** A sender signs twice while a secret is being replaced. */
const MAX_SIGNATURES = 8;

function computeDigest({ id, timestamp, body }: Unsigned, secret: string): Buffer {
  return createHmac('sha256', decodeKey(secret)).update(`${id}.${timestamp}.`).update(body).digest();
}

/** What is no signature of this kind becomes one that fits nothing. */
function decodeSignature(signature: string): Buffer {
  const [, base64 = ''] = /^v1,([A-Za-z0-9+/]{43}=)$/.exec(signature) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === DIGEST_BYTES ? bytes : Buffer.alloc(DIGEST_BYTES);
}

/** Node writes names in lower case; gateways that pass on plain objects do not all. */
function readHeader(headers: IncomingHttpHeaders | Headers, name: string): string | undefined {
  const all = Symbol.iterator in headers ? [...headers] : Object.entries(headers);
  const values = all.flatMap(([written, value]) => (written.toLowerCase() === name ? [value].flat() : []));
  return values.length === 1 ? values[0] : undefined;
}
