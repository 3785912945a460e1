import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import { atEnd } from './at-end.ts';
import type { ApiContext } from './context.ts';
import { findCaller } from './guard.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import { noSuchRoute, refusal, tooLarge } from './problem.ts';
import { nameCaller, type Quotas } from './quotas.ts';
import { EVENTS_PATH } from './routes/gemini.ts';

/** Limit of requests without a valid token, where one is needed: enough for a person who mistypes it. */
const MAX_UNAUTHORIZED_PER_MINUTE = 60;

/** The Content Security Policy of data. The page at /docs has its own. */
const DATA_POLICY = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], sandbox: [] };

declare module 'fastify' {
  interface FastifyContextConfig {
    isHealth?: true;
  }
}

/** Limits how many requests there are and how large each is, before any body is read; adds headers for browsers. */
export async function limitRequests(
  app: FastifyInstance,
  { tokens, requestsPerMinute }: Pick<ApiContext, 'tokens' | 'requestsPerMinute'>,
  quotas: Quotas,
): Promise<void> {
  const isAnonymous = ({ caller }: FastifyRequest) => tokens.length > 0 && caller === undefined;

  app.decorateRequest('caller');
  app.addHook('onRequest', async (request) => {
    request.caller = findCaller(request, tokens);
  });
  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: DATA_POLICY } });
  await app.register(rateLimit, {
    global: false,
    timeWindow: '1 minute',
    max: (request) =>
      isAnonymous(request) && !isSigned(request) ? MAX_UNAUTHORIZED_PER_MINUTE : requestsPerMinute,
    keyGenerator: (request) => `${isSigned(request) ? 'signed' : ''} ${nameCaller(request)}`,
    errorResponseBuilder: (_, { after }) =>
      new HummingbatchError('rate-limited', 'Too many requests.', { fix: `Send the next one in ${after}.` }),
  });
  const limit = app.rateLimit();
  // The plugin's own hooks run after the guard's, which would allow any number of guesses of a token.
  app.addHook('onRequest', async function limited(request, reply) {
    if (request.routeOptions.config.rateLimit !== false) await limit.call(this, request, reply);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { isHealth } = request.routeOptions.config;
    const quota = isHealth ? quotas.health : isAnonymous(request) ? quotas.anonymous : quotas.requests;
    const lease = quota.open(nameCaller(request));
    lease.add(1);
    atEnd(reply, lease.release);
  });
  // Without this a body would be read, of any caller, before it is said that there is no such route.
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw noSuchRoute(request);
  });
  // A compressed body would be parsed as if it were not compressed.
  app.addHook('onRequest', async ({ headers }) => {
    const { 'content-encoding': encoding = 'identity' } = headers;
    if (encoding !== 'identity') throw refusal(415, `Content-Encoding ${encoding} is not supported`);
  });
  // A caller that announces a length over the limit does not have to send it.
  app.addHook('onRequest', async ({ headers }) => {
    if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  });
}

/** Google's events have no token. Behind a proxy they share an address with other callers, so they have a limit of their own. */
function isSigned({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === EVENTS_PATH;
}
