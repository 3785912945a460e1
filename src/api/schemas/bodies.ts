import type { OpenAPIV3_1 } from 'openapi-types';
import { manifestJsonSchema } from '../../manifest/json-schema.ts';

const DESCRIPTION =
  'A manifest. As multipart/form-data: the part `manifest` (a file in YAML, JSON, JSONL or CSV, by its name), `base` for JSONL and CSV, and each reference as a part with the name that the manifest uses for it.';

const MANIFEST = {
  name: 'autumn-catalogue',
  model: 'nano-banana-pro',
  defaults: { aspectRatio: '4:5' },
  items: [
    { key: 'hero', prompt: 'A bottle on wet slate at dawn', aspectRatio: '16:9', count: 2 },
    { key: 'flatlay', prompt: 'A bottle from above on linen' },
  ],
};

const MANIFEST_TEXT = `name: autumn-catalogue
model: nano-banana-pro
items:
  - { key: hero, prompt: A bottle on wet slate at dawn, count: 2 }
run: { maxCostUsd: 5, labels: [autumn] }
`;

const EVENTS_ROUTE = '/v1/gemini/events';
/** The form in Google's guide. The id may lack `batches/`. */
const EVENT_BODY: OpenAPIV3_1.RequestBodyObject = {
  description:
    'An event from Google, with the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.',
  required: true,
  content: {
    'application/json': {
      schema: {
        type: 'object',
        required: ['type'],
        properties: { type: { type: 'string' } },
        additionalProperties: true,
      },
      examples: {
        'a job has ended': {
          value: { type: 'batch.succeeded', version: 'v1', data: { id: 'batches/abc123' } },
        },
      },
    },
  },
};

/** Routes that parse a manifest from its bytes, so that the framework knows no schema of their bodies. */
const MANIFEST_ROUTES = ['/v1/validate', '/v1/estimate', '/v1/batches'];

/** The OpenAPI document with the bodies that no schema describes: manifests and events. */
export function describeBodies(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const manifest = manifestJsonSchema();
  const requestBody: OpenAPIV3_1.RequestBodyObject = {
    description: DESCRIPTION,
    required: true,
    content: {
      'application/json': {
        schema: { $ref: '#/components/schemas/Manifest' },
        examples: { 'two items': { value: MANIFEST } },
      },
      'application/yaml': {
        schema: { type: 'string' },
        examples: { 'with a limit': { value: MANIFEST_TEXT } },
      },
      'multipart/form-data': {
        schema: {
          type: 'object',
          properties: { manifest: { type: 'string' }, base: { type: 'string' } },
          required: ['manifest'],
          additionalProperties: { type: 'string', contentMediaType: 'application/octet-stream' },
        },
      },
    },
  };
  for (const path of MANIFEST_ROUTES) Object.assign(document.paths?.[path]?.post ?? {}, { requestBody });
  Object.assign(document.paths?.[EVENTS_ROUTE]?.post ?? {}, { requestBody: EVENT_BODY });
  markOptionalBodies(document);
  const schemas = { ...document.components?.schemas, Manifest: manifest };
  const whole = { ...document, components: { ...document.components, schemas } };
  return removeUnusedSchemas(whole);
}

/** Marks bodies that may be null as optional. */
function markOptionalBodies(document: OpenAPIV3_1.Document): void {
  for (const { post } of Object.values(document.paths ?? {}).filter((path) => path !== undefined)) {
    const body = post?.requestBody;
    if (body && 'content' in body && JSON.stringify(body).includes('{"type":"null"}')) body.required = false;
  }
}

/** Each schema is generated twice, for input and for output. Most are used only once. */
function removeUnusedSchemas(document: OpenAPIV3_1.Document): OpenAPIV3_1.Document {
  const { schemas = {}, ...components } = document.components ?? {};
  const used = new Set<string>();
  const collect = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (used.has(name)) continue;
      used.add(name);
      collect(schemas[name]);
    }
  };
  collect(document.paths);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...components, schemas: kept } };
}
