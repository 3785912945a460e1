import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import type { z } from 'zod';

/**
 * Requests have the types of their schemas. Responses have the types of their functions; tests check them against their
 * schemas.
 */
interface RequestTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

export function typed(app: FastifyInstance) {
  return app.withTypeProvider<RequestTypes>();
}
