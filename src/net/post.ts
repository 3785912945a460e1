import { lookup as systemLookup } from 'node:dns';
import { Agent, fetch } from 'undici';
import { HummingbatchError } from '../contract/errors.ts';
import { parseOrigin } from '../contract/notify.ts';
import { parseUrl } from '../contract/url.ts';
import { describeCause } from './fetch.ts';
import { onlyPublic, refusePrivate } from './public-addresses.ts';

/** A request to a receiver of webhooks. */
export interface WebhookPost {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** What the receiver said. */
export interface WebhookAnswer {
  status: number;
  /** When it says to come back, ms from now. */
  retryAfterMs?: number;
}

export interface PostLimits {
  /** `host` or `host:port` that may be private and without TLS, because the operator has named it. */
  hosts: readonly string[];
  /** For everything, ms. */
  deadlineMs: number;
}

const FIX =
  'Look at the receiver; the event is sent again automatically. If it is meant to be private or without TLS, name its host and port in HUMMINGBATCH_WEBHOOK_HOSTS for the worker.';

/**
 * Posts to an untrusted URL: https and public addresses only, but for hosts that the operator has named. The address
 * is checked where the connection is made. Redirects are an answer like others, and what the answer holds is not read.
 *
 * @throws `unreachable`, naming no more of the URL than its origin
 */
export async function postPublic(
  { url, headers, body }: WebhookPost,
  { hosts, deadlineMs }: PostLimits,
  signal: AbortSignal,
): Promise<WebhookAnswer> {
  const target = parseUrl(url);
  const isNamed = target !== undefined && hosts.some((host) => isHostNamed(target, host));
  // Each message has its own connection: none is kept, and none outlives its deadline.
  const agent = new Agent(isNamed ? {} : { connect: { lookup: onlyPublic(systemLookup) } });
  try {
    if (!isNamed) refuseUnsafe(new URL(url));
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
    const answer = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'manual',
      dispatcher: agent,
      signal: deadline,
    });
    await answer.body?.cancel();
    const retryAfterMs = parseSeconds(answer.headers.get('retry-after'));
    return { status: answer.status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new HummingbatchError(
      'unreachable',
      `The receiver at ${parseOrigin(url)} got no event: ${describeCause(error)}.`,
      {
        fix: FIX,
        cause: error,
      },
    );
  } finally {
    await agent.destroy();
  }
}

function refuseUnsafe(target: URL): void {
  if (target.protocol !== 'https:')
    throw new Error('without TLS it must be one of HUMMINGBATCH_WEBHOOK_HOSTS');
  refusePrivate(target);
}

/** `URL` writes both in one form: cases, forms of an address, the port that a scheme has anyway. */
function isHostNamed({ protocol, host }: URL, named: string): boolean {
  return parseUrl(`${protocol}//${named}`)?.host === host;
}

/** Seconds only: a date would be by the receiver's clock. */
function parseSeconds(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined;
}
