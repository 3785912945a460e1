import { lookup as systemLookup } from 'node:dns';
import { Agent, type Dispatcher, fetch } from 'undici';
import { HummingbatchError } from '../contract/errors.ts';
import { parseOrigin } from '../contract/notify.ts';
import { onlyPublic, refusePrivate } from './public-addresses.ts';

export interface FetchLimits {
  /** The most bytes that are taken. */
  bytes: number;
  /** For everything, redirects and body included, ms. */
  deadlineMs: number;
}

const REDIRECTS = 5;

/**
 * Fetches an untrusted URL: https only, public addresses only, each redirect looked at anew, bounded in bytes and
 * time. The address is checked where the connection is made, so a name that changes its mind between look-up and
 * connection gains nothing.
 *
 * @throws `reference-unreachable`
 */
export async function fetchPublic(
  url: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const agent = new Agent({ connect: { lookup: onlyPublic(systemLookup) } });
  try {
    return await fetchThrough(agent, url, limits, signal);
  } finally {
    await agent.destroy();
  }
}

/** The same through any connection: all but the addresses of names is checked here. */
export async function fetchThrough(
  dispatcher: Dispatcher,
  url: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.deadlineMs)]);
  try {
    const response = await follow(url, dispatcher, deadline);
    return await bounded(response.body ?? [], limits.bytes);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new HummingbatchError(
      'reference-unreachable',
      `The reference at ${parseOrigin(url)} could not be fetched: ${describeCause(error)}.`,
      { cause: error },
    );
  }
}

async function follow(url: string, dispatcher: Dispatcher, signal: AbortSignal) {
  let target = new URL(url);
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    refuseUnsafe(target);
    const response = await fetch(target, { dispatcher, redirect: 'manual', signal });
    if (response.ok) return response;
    const location = response.headers.get('location');
    await response.body?.cancel();
    if (response.status < 300 || response.status >= 400 || !location)
      throw new Error(`the server answered ${response.status}`);
    target = new URL(location, target);
  }
  throw new Error(`more than ${REDIRECTS} redirects`);
}

function refuseUnsafe(target: URL): void {
  if (target.protocol !== 'https:') throw new Error('only https URLs are fetched');
  refusePrivate(target);
}

async function bounded(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  most: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > most) throw new Error(`it is larger than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What went wrong with a connection; undici hides it behind "fetch failed". */
export function describeCause(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
