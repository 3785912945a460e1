import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenAPIV3_1 } from 'openapi-types';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiText } from '../../src/api/openapi.ts';
import { type ApiDesk, openApiDesk } from './api-kit.ts';

const DOCUMENT = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));
const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};
const published = await readFile(DOCUMENT, 'utf8');
const document = JSON.parse(published) as OpenAPIV3_1.Document;

test('the published document matches the routes: `npx tsx scripts/openapi.ts` writes it', async () => {
  expect(await openApiText(version)).toBe(published);
});

test('it passes the rules that Redocly recommends', async () => {
  const config = await createConfig({ extends: ['recommended'] });
  const found = await lintFromString({ source: published, absoluteRef: DOCUMENT, config });
  expect(found.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
});

const SECRET = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

/** Signs an event as Google does. */
function signed(body: string): Record<string, string> {
  const now = new Date();
  return {
    'content-type': 'application/json',
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('msg_1', now, body),
  };
}

interface Example {
  name: string;
  operationId: string;
  method: string;
  path: string;
  query: string;
  type?: string;
  body?: unknown;
  responses: OpenAPIV3_1.ResponsesObject;
}

/** Every example of the document: each body, and each query parameter together with those of the path. */
function readExamples(): Example[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item = {}]) =>
    (['get', 'post'] as const).flatMap((method) => {
      const operation = item[method];
      return operation ? examplesOfOperation(path, method, operation) : [];
    }),
  );
}

function examplesOfOperation(
  path: string,
  method: string,
  operation: OpenAPIV3_1.OperationObject,
): Example[] {
  const parameters = (operation.parameters ?? []) as OpenAPIV3_1.ParameterObject[];
  const target = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(parameters.find((parameter) => parameter.name === name)?.example)),
  );
  const { operationId = '', responses = {} } = operation;
  const base = { operationId, method: method.toUpperCase(), path: target, responses, query: '' };
  const queries = parameters
    .filter(({ in: place, example }) => place === 'query' && example !== undefined)
    .map(({ name, example }) => `?${name}=${encodeURIComponent(String([example].flat()[0]))}`);
  const { content } = (operation.requestBody ?? { content: {} }) as OpenAPIV3_1.RequestBodyObject;
  const bodies = Object.entries(content).flatMap(([type, { example, examples = {} }]) => {
    const several = Object.values(examples).map((one) => (one as OpenAPIV3_1.ExampleObject).value as unknown);
    return [...(example === undefined ? [] : [example as unknown]), ...several].map((body) => ({
      type,
      body,
    }));
  });
  const withBodies = (bodies.length > 0 ? bodies : [{}]).map((body, n) => ({
    ...base,
    ...body,
    name: `${operationId} ${n + 1}`,
  }));
  return [
    ...withBodies,
    ...queries.map((query) => ({ ...base, ...bodies[0], query, name: `${operationId}${query}` })),
  ];
}

describe('every example in it', () => {
  let desk: ApiDesk;
  let clock: { at: number };
  const ajv = addFormats.default(new Ajv2020({ strict: false, schemas: [{ $id: 'api', ...document }] }));

  beforeAll(async () => {
    clock = { at: Date.now() };
    desk = await openApiDesk({ jobSeconds: 60, now: () => clock.at }, { geminiSecrets: [SECRET] });
    await endedWithRefusal('example-order');
  });
  afterAll(() => desk.close());

  async function endedWithRefusal(id: string): Promise<void> {
    const items = [
      { key: 'hero', prompt: 'A bottle', count: 2 },
      { key: 'flat', prompt: 'A bottle [refuse]' },
    ];
    await desk.bring(id, 'WAITING', { items });
    clock.at += 61_000;
    await desk.ended(id);
  }

  /** Creates a batch in a state that an operation fits. */
  const PREPARE: Record<string, (id: string) => Promise<void>> = {
    createBatch: async () => undefined,
    retry: endedWithRefusal,
    approve: (id) => desk.bring(id, 'AWAITING_APPROVAL', { run: { approveAboveUsd: 0 } }),
    accept: (id) => desk.bring(id, 'NEEDS_ATTENTION', { run: { maxCostUsd: 0 } }),
    setBudget: (id) => desk.bring(id, 'NEEDS_ATTENTION', { run: { maxCostUsd: 0 } }),
    checkNow: (id) => desk.bring(id, 'WAITING'),
    cancel: (id) => desk.bring(id, 'WAITING'),
  };
  /** Valid requests that these batches refuse: they have no lost submission, and nothing to retry. */
  const REFUSED: Record<string, number> = { 'adopt 1': 409, 'retry 3': 409 };

  test.each(readExamples().map((example, n) => [n, example.name, example] as const))(
    '%i is answered as it says: %s',
    async (n, name, { operationId, method, path, query, type, body, responses }) => {
      const id = PREPARE[operationId] ? `example-${n}` : 'example-order';
      await PREPARE[operationId]?.(id);
      const answer = await desk.api.ask(method, `${path}${query}`.replace('order-4711', id), {
        ...(body !== undefined && { body, headers: { 'content-type': type ?? '' } }),
        ...(operationId === 'followBatch' && { headers: { accept: 'text/event-stream' } }),
        ...(operationId === 'receiveGeminiEvent' && { headers: signed(JSON.stringify(body)) }),
      });
      const expected = REFUSED[name];
      if (expected) expect(answer.status).toBe(expected);
      else expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
      const { content = {} } = (responses[answer.status] ?? {}) as OpenAPIV3_1.ResponseObject;
      const media = Object.entries(content).find(([name]) => name.includes('json'));
      if (!media) return;
      const reference = (media[1].schema as OpenAPIV3_1.ReferenceObject).$ref;
      const isValid = ajv.getSchema(`api${reference}`);
      expect(isValid?.(answer.body), JSON.stringify(isValid?.errors)).toBe(true);
    },
  );

  test('there is one for every operation', () => {
    const operations = Object.values(document.paths ?? {}).flatMap((item = {}) => [item.get, item.post]);
    const ids = operations.flatMap((operation) => operation?.operationId ?? []);
    expect([...new Set(readExamples().map(({ operationId }) => operationId))].sort()).toEqual(ids.sort());
    expect(ids.length).toBeGreaterThan(14);
  });
});
