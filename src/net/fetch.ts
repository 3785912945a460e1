import { lookup as systemLookup } from 'node:dns';
import { Agent, type Dispatcher, fetch } from 'undici';
import { findRootCause, readMessage } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { parseOrigin } from '../contract/notify.ts';
import { createPublicLookup, rejectPrivateAddress } from './public-addresses.ts';

export interface FetchLimits {
  /** The most bytes to read. */
  bytes: number;
  /** For the whole fetch, ms, including redirects and the body. */
  deadlineMs: number;
}

const MAX_REDIRECTS = 5;

/**
 * Fetches an untrusted URL: https only, public addresses only, each redirect checked, with limits for
 * bytes and time. The address is checked where the connection is made, so a name that resolves differently the second
 * time (DNS rebinding) does not help an attacker.
 *
 * @throws `reference-unreachable`; the message names only the URL's origin
 *
 * @throws `reference-unreachable`
 */
export async function fetchPublic(
  url: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const agent = new Agent({ connect: { lookup: createPublicLookup(systemLookup) } });
  try {
    return await fetchThrough(agent, url, limits, signal);
  } finally {
    await agent.destroy();
  }
}

/** The same through any dispatcher. Checks everything but the addresses that names resolve to. */
export async function fetchThrough(
  dispatcher: Dispatcher,
  url: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.deadlineMs)]);
  try {
    const response = await followRedirects(url, dispatcher, deadline);
    return await readAtMost(response.body ?? [], limits.bytes);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new HummingbatchError(
      'reference-unreachable',
      `The reference at ${parseOrigin(url)} could not be fetched: ${readMessage(findRootCause(error))}.`,
      { cause: error },
    );
  }
}

async function followRedirects(url: string, dispatcher: Dispatcher, signal: AbortSignal) {
  let target = new URL(url);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    rejectUnsafe(target);
    const response = await fetch(target, { dispatcher, redirect: 'manual', signal });
    if (response.ok) return response;
    const location = response.headers.get('location');
    await response.body?.cancel();
    if (response.status < 300 || response.status >= 400 || !location)
      throw new Error(`the server answered ${response.status}`);
    target = new URL(location, target);
  }
  throw new Error(`more than ${MAX_REDIRECTS} redirects`);
}

function rejectUnsafe(target: URL): void {
  if (target.protocol !== 'https:') throw new Error('only https URLs are fetched');
  rejectPrivateAddress(target);
}

async function readAtMost(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
