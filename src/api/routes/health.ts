import type { FastifyInstance } from 'fastify';
import type { ApiContext } from '../context.ts';

/** For whoever watches over the process: it lives; a batch that is started now would be made. */
export async function healthRoutes(app: FastifyInstance, { ready }: ApiContext): Promise<void> {
  const unlimited = { config: { rateLimit: false }, schema: { hide: true } } as const;
  app.get('/healthz', unlimited, async () => ({ status: 'ok' }));
  app.get('/readyz', unlimited, async () => {
    await ready();
    return { status: 'ready' };
  });
}
