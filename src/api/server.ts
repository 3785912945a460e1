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
import type { HummingbatchError } from '../contract/errors.ts';
import { MAX_MANIFEST_BYTES } from '../manifest/limits.ts';
import { requireFullAccess } from './batch-access.ts';
import { limitBodies } from './bodies.ts';
import { limitConnections } from './connections.ts';
import type { ApiContext } from './context.ts';
import { documentApi } from './documentation.ts';
import { createGuard } from './guard.ts';
import { MAX_TEXT_PART_BYTES } from './limits.ts';
import { createManifestReader, MAX_READING_MS } from './manifest-reader.ts';
import { measureRequests } from './metrics.ts';
import { noSuchRoute, requestPath, toProblem } from './problem.ts';
import { createProgressCache } from './progress-cache.ts';
import { createQuotas } from './quotas.ts';
import { limitRequests } from './request-limits.ts';
import { batchRoutes } from './routes/batches.ts';
import { eventRoutes } from './routes/events.ts';
import { geminiRoutes } from './routes/gemini.ts';
import { healthRoutes } from './routes/health.ts';
import { manifestRoutes } from './routes/manifests.ts';
import { operationRoutes } from './routes/operations.ts';
import { resultRoutes } from './routes/results.ts';

/** Parts of one request: a manifest, a base, and a reference for each output of the largest batch. */
const MAX_PARTS = 1002;
const FORM = {
  parts: MAX_PARTS,
  files: MAX_PARTS,
  fileSize: MAX_MANIFEST_BYTES,
  // One more than a manifest and a base, whose refusal says that it is not a file.
  fields: 3,
  fieldSize: MAX_TEXT_PART_BYTES,
  // A part has a path as its name.
  fieldNameSize: 1000,
  headerPairs: 50,
};
/** A connection without a request is closed after this time, ms. */
const MAX_IDLE_MS = 30_000;
/** One with a request is closed after this time without a byte, ms. A stream of events has a heartbeat more often. */
const MAX_SILENT_MS = MAX_READING_MS + 30_000;
/** Limit for the request line and headers, ms. */
const MAX_HEADERS_MS = 10_000;
/** Limit for a request with its body, ms: 1 GiB at 300 kB/s. */
const MAX_REQUEST_MS = 3_600_000;
const MAX_CONNECTIONS = 2000;
/** How long open requests may take when the API stops, ms. */
const MAX_SHUTDOWN_MS = 10_000;
const HEARTBEAT_MS = 15_000;

const ROUTES = [manifestRoutes, batchRoutes, operationRoutes, resultRoutes, eventRoutes];

/** Creates the HTTP API, a thin layer over the client. It does not listen yet. */
export async function createApi(context: ApiContext): Promise<FastifyInstance> {
  const { tokens, log } = context;
  const loggerInstance: FastifyBaseLogger = log;
  const app = fastify({
    loggerInstance,
    // A proxy in front can log each request. The API logs failures.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: MAX_MANIFEST_BYTES,
    connectionTimeout: MAX_SILENT_MS,
    keepAliveTimeout: MAX_IDLE_MS,
    requestTimeout: MAX_REQUEST_MS,
    forceCloseConnections: 'idle',
    // An id that is too long answers 404 like any other unknown id.
    routerOptions: { maxParamLength: 4_000 },
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
    requestIdHeader: false,
  });
  app.server.headersTimeout = MAX_HEADERS_MS;
  app.setValidatorCompiler(validatorCompiler);
  // Schemas document and test the responses. They never remove a field from one.
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  app.setErrorHandler((error, request, reply) => sendProblem(error, request, reply));
  app.setNotFoundHandler((request, reply) => sendProblem(noSuchRoute(request), request, reply));

  const registry = measureRequests(app);
  const quotas = createQuotas();
  limitConnections(app, MAX_CONNECTIONS);
  await limitRequests(app, context, quotas);
  limitBodies(app, quotas);
  await app.register(multipart, { limits: FORM, throwFileSizeLimit: false });
  // The types of the package describe its named exports and not the plugin.
  await app.register(sse as unknown as typeof fastifySSE, { heartbeatInterval: HEARTBEAT_MS });
  await documentApi(app, context);

  const closing = new AbortController();
  app.addHook('preClose', async () => {
    closing.abort();
    // Slow requests have had their time.
    setTimeout(() => app.server.closeAllConnections(), MAX_SHUTDOWN_MS).unref();
  });
  const manifests = createManifestReader();
  app.addHook('onClose', manifests.close);
  const routeContext = {
    ...context,
    progressCache: createProgressCache(context.hummingbatch),
    manifests,
    quotas,
    closing: closing.signal,
  };
  await app.register(healthRoutes, context);
  await app.register(geminiRoutes, context);
  await app.register(async (guarded) => {
    guarded.addHook('onRequest', createGuard(tokens));
    for (const routes of ROUTES) await guarded.register(routes, routeContext);
    guarded.get('/metrics', { schema: { hide: true } }, async ({ caller }, reply) => {
      requireFullAccess(caller);
      reply.type(registry.contentType).serializer((text: string) => text);
      return registry.metrics();
    });
  });
  return app;
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const problem = toProblem(error, requestPath(request));
  const { retryAfterMs = 0 } = error as Partial<HummingbatchError>;
  if (retryAfterMs > 0) reply.header('retry-after', Math.ceil(retryAfterMs / 1000));
  if (problem.status >= 500)
    request.log.error(
      { code: problem.code, path: requestPath(request), error: String(error) },
      'a request failed',
    );
  // Otherwise the connection would have to receive the rest of the body first.
  if (!request.raw.complete) reply.header('connection', 'close');
  return reply.code(problem.status).type('application/problem+json').send(problem);
}
