import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import type { z } from 'zod';

/**
 * Requests have the types of their schemas. Answers have those of the functions that make them: that they fit their schemas
 * is for tests, which read what is sent.
 */
interface RequestTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: unknown;
}

export function typed(app: FastifyInstance) {
  return app.withTypeProvider<RequestTypes>();
}
