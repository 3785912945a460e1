import { lookup as systemLookup } from 'node:dns';
import { Agent, fetch } from 'undici';
import { findRootCause, readMessage } from '../contract/caught-error.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { parseOrigin } from '../contract/notify.ts';
import { parseUrl } from '../contract/url.ts';
import { createPublicLookup, rejectPrivateAddress } from './public-addresses.ts';

/** A request to a receiver of webhooks. */
export interface WebhookPost {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** The answer of the receiver. */
export interface WebhookAnswer {
  status: number;
  /** The receiver's Retry-After, ms from now. */
  retryAfterMs?: number;
}

export interface PostLimits {
  /** `host` or `host:port` that may be private and without TLS, because the operator allows it. */
  hosts: readonly string[];
  /** For the whole call, ms. */
  deadlineMs: number;
}

const FIX =
  'Check the receiver; the event is sent again automatically. If the receiver is private or without TLS, add its host and port to HUMMINGBATCH_WEBHOOK_HOSTS of the worker.';

/**
 * Posts to an untrusted URL: https and public addresses only, except for hosts that the operator allows.
 * The address is checked where the connection is made. Redirects are not followed, and the body of the answer is not
 * read.
 *
 * @throws `unreachable`; the message names only the URL's origin
 */
export async function postPublic(
  { url, headers, body }: WebhookPost,
  { hosts, deadlineMs }: PostLimits,
  signal: AbortSignal,
): Promise<WebhookAnswer> {
  const target = parseUrl(url);
  const isAllowed = target !== undefined && hosts.some((host) => matchesHost(target, host));
  // Each message has its own connection, which is closed at the end or at its deadline.
  const agent = new Agent(isAllowed ? {} : { connect: { lookup: createPublicLookup(systemLookup) } });
  try {
    if (!isAllowed) rejectUnsafe(new URL(url));
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
      `The event could not be delivered to ${parseOrigin(url)}: ${readMessage(findRootCause(error))}.`,
      {
        fix: FIX,
        cause: error,
      },
    );
  } finally {
    await agent.destroy();
  }
}

function rejectUnsafe(target: URL): void {
  if (target.protocol !== 'https:')
    throw new Error('a receiver without TLS must be listed in HUMMINGBATCH_WEBHOOK_HOSTS');
  rejectPrivateAddress(target);
}

/** Compares after `URL` has normalised both: letter case, forms of an address, and a scheme's default port. */
function matchesHost({ protocol, host }: URL, allowed: string): boolean {
  return parseUrl(`${protocol}//${allowed}`)?.host === host;
}

/** Reads seconds only: a date would depend on the receiver's clock. */
function parseSeconds(retryAfter: string | null): number | undefined {
  return retryAfter !== null && /^\d{1,6}$/.test(retryAfter) ? Number(retryAfter) * 1_000 : undefined;
}
