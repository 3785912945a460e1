import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import { type Caller, identify, type Token } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined if the API has no tokens: the caller is on this machine. */
    caller: Caller | undefined;
  }
}

const BEARER = /^Bearer +(?<token>[\x21-\x7e]+)$/i;

/** Accepts callers with a token. Without tokens it accepts programs on this machine, but no web page of another origin. */
export function createGuard(tokens: readonly Token[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (tokens.length === 0) {
      rejectCrossOrigin(request);
      return;
    }
    if (request.caller) return;
    reply.header('www-authenticate', 'Bearer');
    throw new HummingbatchError('unauthorized', 'The request needs a valid token.');
  };
}

export function findCaller({ headers }: FastifyRequest, tokens: readonly Token[]): Caller | undefined {
  const { token } = BEARER.exec(headers.authorization ?? '')?.groups ?? {};
  return token === undefined ? undefined : identify(tokens, token);
}

/**
 * Without tokens a browser on this machine could be used by another site: its page can send a form to loopback (seen in
 * `Origin` and `Sec-Fetch-Site`), or give loopback a host name of its own (DNS rebinding, seen in `Host`).
 */
function rejectCrossOrigin({ headers }: FastifyRequest): void {
  const { host = '', origin } = headers;
  const isForeign = origin !== undefined && origin !== `http://${host}`;
  if (!isLocal(host) || isForeign || headers['sec-fetch-site'] === 'cross-site')
    throw new HummingbatchError('forbidden', 'Without tokens this API answers only to this machine.');
}

/** Whether a Host header is an address or `localhost`, and so no name that another site controls. */
function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}
