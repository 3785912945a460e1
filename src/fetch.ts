import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction as Lookup } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, type Dispatcher, fetch } from 'undici';
import { HummingbatchError } from './contract/errors.ts';

export interface FetchLimits {
  /** The most bytes that are taken. */
  bytes: number;
  /** For everything, redirects and body included, ms. */
  deadlineMs: number;
}

const REDIRECTS = 5;
const NOT_PUBLIC = 'it leads to an address that is not public';
/** All that is given out for use on the internet; what lies outside and is in no range of ipaddr.js is no address either. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * Fetches what a stranger names: https only, public addresses only, each redirect looked at anew, bounded in bytes and
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
      `The reference at ${originOf(url)} could not be fetched: ${reasonOf(error)}.`,
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

/** A literal address is never looked up, so it is checked here; `URL` has written every form of it (octal, decimal) as one. */
function refuseUnsafe({ protocol, hostname }: URL): void {
  if (protocol !== 'https:') throw new Error('only https URLs are fetched');
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isPublic(literal)) throw new Error(NOT_PUBLIC);
}

/** A look-up for connections that fails where a name has any address that is not public. */
export function onlyPublic(lookup: Lookup): Lookup {
  return (host, options, done) =>
    lookup(host, { ...options, all: true }, (error, found) => {
      const addresses = found as LookupAddress[];
      if (error) return done(error, []);
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isPublic(address)))
        return done(new Error(NOT_PUBLIC), []);
      return options.all ? done(null, addresses) : done(null, first.address, first.family);
    });
}

/** `unicast` is what ipaddr.js calls an address that is in no reserved range; 4-in-6 is judged by its inner address. */
function isPublic(address: string): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return !(parsed instanceof ipaddr.IPv6) || parsed.match(GLOBAL_IPV6);
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

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

/** Without the rest of the URL, which may hold a signature. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'an address that is none';
}
