import multipart from '@fastify/multipart';
import sse, { type fastifySSE } from '@fastify/sse';
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { HummingbatchError } from '../contract/errors.ts';
import { MAX_MANIFEST_BYTES } from '../manifest/limits.ts';
import type { ApiContext } from './context.ts';
import { documentApi } from './documentation.ts';
import { createGuard } from './guard.ts';
import { measureRequests } from './metrics.ts';
import { toProblem } from './problem.ts';
import { createProgressCache } from './progress-cache.ts';
import { limitRequests } from './request-limits.ts';
import { batchRoutes } from './routes/batches.ts';
import { eventRoutes } from './routes/events.ts';
import { geminiRoutes } from './routes/gemini.ts';
import { healthRoutes } from './routes/health.ts';
import { manifestRoutes } from './routes/manifests.ts';
import { operationRoutes } from './routes/operations.ts';
import { resultRoutes } from './routes/results.ts';

/** Of one request: a manifest, a base, and a reference for each output of the largest batch. */
const MAX_PARTS = 1002;
const FORM = {
  parts: MAX_PARTS,
  files: MAX_PARTS,
  fileSize: MAX_MANIFEST_BYTES,
  fieldSize: MAX_MANIFEST_BYTES,
  // A part is named for a path.
  fieldNameSize: 1000,
  headerPairs: 50,
};
/** A connection on which nothing moves for so long is closed, ms; a stream of events has a sign of life more often. */
const IDLE_MS = 30_000;
/** Request line and headers must be there, ms. */
const HEADERS_MS = 10_000;
/** The whole of a request, its body included, ms: 1 GiB at 300 kB/s. */
const REQUEST_MS = 3_600_000;
/** Each holds some 50 kB; beyond them new ones are closed at once. */
const MAX_CONNECTIONS = 2000;
/** What is being answered when the API ends may still take so long, ms. */
const END_WITHIN_MS = 10_000;
const SIGN_OF_LIFE_MS = 15_000;

const ROUTES = [manifestRoutes, batchRoutes, operationRoutes, resultRoutes, eventRoutes];

/** The HTTP API, not listening yet: a thin layer over the client. */
export async function createApi(context: ApiContext): Promise<FastifyInstance> {
  const { tokens, log } = context;
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance,
    // A line for each request is the business of what stands in front; failures have one of ours.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_MANIFEST_BYTES,
    connectionTimeout: IDLE_MS,
    requestTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    // An id that is too long is one of no batch, and that is said.
    routerOptions: { maxParamLength: 4_000 },
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    requestIdHeader: false,
  });
  app.server.headersTimeout = HEADERS_MS;
  app.server.maxConnections = MAX_CONNECTIONS;
  app.decorateRequest('caller');
  app.setValidatorCompiler(validatorCompiler);
  // Schemas are for documents and tests: what a batch says is never withheld because it says more than they know.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const error = new HummingbatchError(
      'not-found',
      `There is nothing at ${request.method} ${requestPath(request)}.`,
      {
        fix: 'GET /openapi.json lists what there is; /docs shows it.',
      },
    );
    return sendProblem(error, request, reply);
  });

  const registry = measureRequests(app);
  await limitRequests(app, context);
  await app.register(multipart, { limits: FORM, throwFileSizeLimit: false });
  // Its types name what it exports beside the plugin.
  await app.register(sse as unknown as typeof fastifySSE, { heartbeatInterval: SIGN_OF_LIFE_MS });
  await documentApi(app, context);

  const closing = new AbortController();
  app.addHook('preClose', async () => {
    closing.abort();
    // Who is slow has had his time.
    setTimeout(() => app.server.closeAllConnections(), END_WITHIN_MS).unref();
  });
  const routeContext = {
    ...context,
    progressCache: createProgressCache(context.hummingbatch),
    closing: closing.signal,
  };
  await app.register(healthRoutes, context);
  await app.register(geminiRoutes, context);
  await app.register(async (guarded) => {
    guarded.addHook('onRequest', createGuard(tokens));
    for (const routes of ROUTES) await guarded.register(routes, routeContext);
    guarded.get('/metrics', { schema: { hide: true } }, async (_, reply) => {
      reply.type(registry.contentType).serializer((text: string) => text);
      return registry.metrics();
    });
  });
  return app;
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = toProblem(error, requestPath(request));
  if (problem.status >= 500)
    request.log.error(
      { code: problem.code, path: requestPath(request), error: String(error) },
      'a request failed',
    );
  // The rest of a body that nobody reads would have to come first.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply.code(problem.status).type('application/problem+json').send(problem);
}

/** Without its query: that is a caller's own business. */
function requestPath({ url }: FastifyRequest): string {
  return url.replace(/\?.*/s, '');
}
