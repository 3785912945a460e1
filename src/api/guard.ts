import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import { type Caller, identify, type Token } from './tokens.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where the API has no tokens: then it is somebody on this machine. */
    caller: Caller | undefined;
  }
}

const BEARER = /^Bearer +(?<token>[\x21-\x7e]+)$/i;

/** Lets in who has a token; where there are none, who is on this machine and no page of a stranger's in its browser. */
export function createGuard(tokens: readonly Token[]) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    if (tokens.length === 0) {
      rejectCrossOrigin(request);
      return;
    }
    request.caller = findCaller(request, tokens);
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
 * Without tokens a browser on this machine is the way in: a stranger's page can send a form to loopback, or give loopback a
 * name of its own (DNS rebinding). The first says so in `Origin` or `Sec-Fetch-Site`, the second in `Host`.
 */
function rejectCrossOrigin({ headers }: FastifyRequest): void {
  const { host = '', origin } = headers;
  const isForeign = origin !== undefined && origin !== `http://${host}`;
  if (!isLocal(host) || isForeign || headers['sec-fetch-site'] === 'cross-site')
    throw new HummingbatchError('forbidden', 'Without tokens this API answers only to this machine.');
}

/** A Host header that no stranger's name can be: an address, or `localhost`. */
function isLocal(host: string): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  return name === 'localhost' || isIP(name) !== 0;
}
