import type { FastifyInstance } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Upper bounds, s: answers from memory, from Temporal and from a disk, and uploads. */
const BUCKETS = [0.005, 0.02, 0.1, 0.5, 2, 5, 30, 300];

/** Counts and times requests by route. A URL as label would make a series for each id. */
export function measureRequests(app: FastifyInstance): Registry {
  const registry = new Registry();
  const registers = [registry];
  const labelNames = ['method', 'route', 'status'] as const;
  collectDefaultMetrics({ register: registry, prefix: 'hummingbatch_api_' });
  const requests = new Counter({
    name: 'hummingbatch_api_requests_total',
    help: 'Requests that were answered.',
    labelNames,
    registers,
  });
  const seconds = new Histogram({
    name: 'hummingbatch_api_request_seconds',
    help: 'From the first byte of a request to the last of its answer.',
    labelNames: ['method', 'route'],
    buckets: BUCKETS,
    registers,
  });
  const open = new Gauge({
    name: 'hummingbatch_api_open_requests',
    help: 'Requests that are being answered, streams of events included.',
    registers,
  });

  app.addHook('onRequest', async ({ raw, method, routeOptions }, reply) => {
    const began = process.hrtime.bigint();
    open.inc();
    // `close` also comes if the caller disconnects before the response.
    reply.raw.once('close', () => {
      open.dec();
      const route = routeOptions.url ?? 'none';
      requests.inc({
        method,
        route,
        status: reply.raw.writableFinished ? String(reply.raw.statusCode) : 'gone',
      });
      if (raw.complete) seconds.observe({ method, route }, Number(process.hrtime.bigint() - began) / 1e9);
    });
  });
  return registry;
}
