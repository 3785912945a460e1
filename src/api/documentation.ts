import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ApiContext } from './context.ts';
import { describeBodies } from './schemas/bodies.ts';

/** Content Security Policy of the page: its own scripts and styles, and requests to this API. */
const PAGE_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'";

/** Serves the OpenAPI document, generated from the routes' schemas, and a page to try it. Register it before the routes. */
export async function documentApi(
  app: FastifyInstance,
  { version }: Pick<ApiContext, 'version'>,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'hummingbatch',
        version,
        description: 'Large image runs on Google’s Gemini Batch API as durable batches.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'manifests', description: 'Checking and pricing a manifest.' },
        { name: 'batches', description: 'Starting and following batches.' },
        { name: 'operations', description: 'Changing a batch.' },
        { name: 'results', description: 'Records and images.' },
        { name: 'events', description: 'Webhooks from Google.' },
      ],
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }, {}],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => describeBodies(jsonSchemaTransformObject(document) as never),
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: PAGE_POLICY });
}
