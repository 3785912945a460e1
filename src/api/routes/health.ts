import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../context.ts';

/** How long an answer is reused, ms: the route needs no token, and each check calls Temporal. */
const MAX_AGE_MS = 1_000;

/** Routes for a supervisor: the process runs; a batch that is started now can run. */
export async function healthRoutes(app: FastifyInstance, { ready, now }: ApiContext): Promise<void> {
  let last = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve() };
  const readiness = () => {
    if (now() - last.at > MAX_AGE_MS) last = { at: now(), answer: ready() };
    return last.answer;
  };

  const unlimited = { config: { rateLimit: false, isHealth: true }, schema: { hide: true } } as const;
  app.get('/healthz', unlimited, async () => ({ status: 'ok' }));
  app.get('/readyz', unlimited, async () => {
    await readiness();
    return { status: 'ready' };
  });
}
