import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../context.ts';

/** Anybody may ask, and Temporal is not asked for each. */
const GOOD_FOR_MS = 1_000;

/** For whoever watches over the process: it lives; a batch that is started now would be made. */
export async function healthRoutes(app: FastifyInstance, { ready, now }: ApiContext): Promise<void> {
  let last = { at: Number.NEGATIVE_INFINITY, answer: Promise.resolve() };
  const readiness = () => {
    if (now() - last.at > GOOD_FOR_MS) last = { at: now(), answer: ready() };
    return last.answer;
  };

  const unlimited = { config: { rateLimit: false }, schema: { hide: true } } as const;
  app.get('/healthz', unlimited, async () => ({ status: 'ok' }));
  app.get('/readyz', unlimited, async () => {
    await readiness();
    return { status: 'ready' };
  });
}
