import { lookup as systemLookup } from 'node:dns';
import ipaddr from 'ipaddr.js';
import { Agent, fetch } from 'undici';
import { HummingbatchError } from './contract/errors.ts';

export interface FetchLimits {
  /** The most bytes that are taken. */
  bytes: number;
  /** For everything, redirects and body included, ms. */
  deadlineMs: number;
}

const REDIRECTS = 5;

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
  const agent = new Agent({ connect: { lookup: publicLookup } });
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(limits.deadlineMs)]);
  try {
    const response = await follow(url, agent, deadline);
    return await bounded(response.body ?? [], limits.bytes, url);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof HummingbatchError) throw error;
    throw refuse(url, reasonOf(error), error);
  } finally {
    await agent.close().catch(() => agent.destroy());
  }
}

async function follow(url: string, agent: Agent, signal: AbortSignal) {
  let target = new URL(url);
  for (let hop = 0; hop <= REDIRECTS; hop++) {
    if (target.protocol !== 'https:') throw refuse(url, 'only https URLs are fetched');
    refusePrivateHost(target, url);
    const response = await fetch(target, { dispatcher: agent, redirect: 'manual', signal });
    if (response.ok) return response;
    const location = response.headers.get('location');
    await response.body?.cancel();
    if (response.status < 300 || response.status >= 400 || !location)
      throw refuse(url, `the server answered ${response.status}`);
    target = new URL(location, target);
  }
  throw refuse(url, `more than ${REDIRECTS} redirects`);
}

/** A literal address is never looked up, so it is checked here. */
function refusePrivateHost({ hostname }: URL, url: string): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isPublic(literal))
    throw refuse(url, 'it leads to an address that is not public');
}

/** What the connection itself uses to find an address. */
const publicLookup: typeof systemLookup = ((
  host: string,
  options: object,
  done: (error: Error | null, ...rest: unknown[]) => void,
) => {
  systemLookup(host, { ...options, all: true }, (error, addresses) => {
    if (error) return done(error);
    const bad = addresses.find(({ address }) => !isPublic(address));
    if (bad || addresses.length === 0) return done(new Error('it leads to an address that is not public'));
    const [first] = addresses;
    return 'all' in options && options.all
      ? done(null, addresses)
      : done(null, first?.address, first?.family);
  });
}) as typeof systemLookup;

/** `unicast` is what ipaddr.js calls an address that is in no reserved range; 4-in-6 is judged by its inner address. */
function isPublic(address: string): boolean {
  return ipaddr.process(address).range() === 'unicast';
}

async function bounded(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  most: number,
  url: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > most) throw refuse(url, `it is larger than ${most} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}

function refuse(url: string, why: string, cause?: unknown): HummingbatchError {
  const { origin } = new URL(url);
  return new HummingbatchError(
    'reference-unreachable',
    `The reference at ${origin} could not be fetched: ${why}.`,
    { cause },
  );
}
