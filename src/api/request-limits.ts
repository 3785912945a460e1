import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HummingbatchError } from '../contract/errors.ts';
import type { ApiContext } from './context.ts';
import { findCaller } from './guard.ts';
import { MAX_BODY_BYTES } from './limits.ts';
import { refusal, tooLarge } from './problem.ts';
import { EVENTS_PATH } from './routes/gemini.ts';

/** For those who have no token where one is needed: enough for a person who mistypes. */
const STRANGERS_PER_MINUTE = 60;

/** What is served here is data; the one page has a policy of its own. */
const NOTHING_RUNS = { defaultSrc: ["'none'"], frameAncestors: ["'none'"], sandbox: [] };

/** What every request meets first: headers for browsers, how many there may be, how large each. */
export async function limitRequests(
  app: FastifyInstance,
  { tokens, requestsPerMinute }: Pick<ApiContext, 'tokens' | 'requestsPerMinute'>,
): Promise<void> {
  const isStranger = (request: FastifyRequest) =>
    tokens.length > 0 && !isSigned(request) && findCaller(request, tokens) === undefined;
  const callerIn = (request: FastifyRequest) => findCaller(request, tokens)?.name ?? request.ip;

  await app.register(helmet, { contentSecurityPolicy: { useDefaults: false, directives: NOTHING_RUNS } });
  await app.register(rateLimit, {
    global: false,
    timeWindow: '1 minute',
    max: (request) => (isStranger(request) ? STRANGERS_PER_MINUTE : requestsPerMinute),
    keyGenerator: (request) => `${isSigned(request) ? 'signed' : ''} ${callerIn(request)}`,
    errorResponseBuilder: (_, { after }) =>
      new HummingbatchError('rate-limited', 'Too many requests.', { fix: `Send the next one in ${after}.` }),
  });
  const limit = app.rateLimit();
  // Its own hooks come behind the guard's, which would let anybody try tokens without end.
  app.addHook('onRequest', async function limited(request, reply) {
    if (request.routeOptions.config.rateLimit !== false) await limit.call(this, request, reply);
  });
  // It would be read as what it is not.
  app.addHook('onRequest', async ({ headers }) => {
    const { 'content-encoding': encoding = 'identity' } = headers;
    if (encoding !== 'identity') throw refusal(415, `Content-Encoding ${encoding} is not read`);
  });
  // Before a body is read: who says that it is too large needs not send it.
  app.addHook('onRequest', async ({ headers }) => {
    if (Number(headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  });
}

/** Behind a proxy Google's events come from where all strangers do: they are counted by themselves. */
function isSigned({ routeOptions }: FastifyRequest): boolean {
  return routeOptions.url === EVENTS_PATH;
}
