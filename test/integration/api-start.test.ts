import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProblemDetails } from '../../src/api/problem.ts';
import type { BatchProgress } from '../../src/contract/index.ts';
import type { World } from '../support/world.ts';
import { picture } from './activities-kit.ts';
import { type Api, type ApiDesk, openApiDesk, threeOutputs } from './api-kit.ts';

interface Started {
  batchId: string;
  attached: boolean;
  url: string;
  warnings: { code: string }[];
}

let desk: ApiDesk;
let world: World;
let api: Api;
let ended: ApiDesk['ended'];

beforeAll(async () => {
  desk = await openApiDesk({ jobSeconds: 0.5 });
  ({ world, api, ended } = desk);
});
afterAll(() => desk.close());

const leftovers = () => readdir(join(world.store.location, '.tmp'));

/** A form with a manifest, and files under the names that the manifest uses. */
function form(manifest: string, files: Record<string, Uint8Array>, name = 'manifest.yaml'): FormData {
  const parts = new FormData();
  parts.append('manifest', new File([manifest], name));
  for (const [path, bytes] of Object.entries(files)) parts.append(path, new File([bytes], 'whatever.bin'));
  return parts;
}

const WITH_REFERENCES = `name: over-http
model: nano-banana-pro
references:
  bottle: ./refs/bottle.png
  set: [refs/bottle.png, refs/label.png]
items:
  - { key: hero, prompt: A bottle, references: [bottle, set] }
`;

describe('a batch is started', () => {
  test('from JSON: 201 with its URL, and it completes', async () => {
    const manifest = threeOutputs('from-json');
    const { status, headers, body } = await api.post<Started>('/v1/batches', { body: manifest });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/batches/${body.batchId}`);
    expect(body).toMatchObject({ attached: false, url: `/v1/batches/${body.batchId}`, warnings: [] });
    expect(await ended(body.batchId)).toMatchObject({ state: 'COMPLETED', outputs: { image: 3 } });
    const again = await api.post<Started>('/v1/batches', { body: manifest });
    expect(again).toMatchObject({ status: 200, body: { batchId: body.batchId, attached: true } });
  });

  test('from YAML, under an id that the caller chooses', async () => {
    const body = 'name: from-yaml\nmodel: nano-banana-pro\nitems: [{ key: a, prompt: A bottle }]\n';
    const asking = { body, headers: { 'content-type': 'application/yaml' } };
    const started = await api.post<Started>('/v1/batches?batchId=start-4711', asking);
    expect(started).toMatchObject({ status: 201, body: { batchId: 'start-4711' } });
    expect(await ended('start-4711')).toMatchObject({ state: 'COMPLETED' });
  });

  test('not under the id of a schedule’s next firing, over HTTP or from a client', async () => {
    const batchId = 'daily-catalogue-20261124-060000';
    const manifest = threeOutputs('firing');
    expect(
      await api.post<ProblemDetails>(`/v1/batches?batchId=${batchId}`, { body: manifest }),
    ).toMatchObject({
      status: 400,
      body: { code: 'usage', detail: expect.stringContaining('as only the ids of a schedule’s firings do') },
    });
    await expect(world.hummingbatch.startBatch({ manifest, batchId })).rejects.toMatchObject({
      code: 'usage',
    });
    expect(await world.store.list(`batches/${batchId}/`)).toEqual([]);
  });

  test('from a form with its references, which are stored once, by content', async () => {
    const [bottle, label] = [await picture(1), await picture(2)];
    const files = { 'refs/bottle.png': bottle, './refs/label.png': label };
    const { status, body } = await api.post<Started>('/v1/batches', { body: form(WITH_REFERENCES, files) });
    expect(status).toBe(201);
    expect(await ended(body.batchId)).toMatchObject({ state: 'COMPLETED' });
    expect((await world.store.list('references/')).length).toBe(2);
    expect(await leftovers()).toEqual([]);
  });

  test('from a form whose manifest is CSV, with its base', async () => {
    const parts = form('key,prompt\na,A bottle\nb,A label\n', {}, 'from-csv.csv');
    parts.append('base', new File(['model: nano-banana-pro\n'], 'base.yaml'));
    const { status, body } = await api.post<Started>('/v1/batches', { body: parts });
    expect(status).toBe(201);
    expect(body.batchId).toMatch(/^from-csv-[0-9a-f]{8}$/);
    expect(await ended(body.batchId)).toMatchObject({ outputs: { total: 2, image: 2 } });
  });
});

describe('a problem of a manifest', () => {
  const BAD = `name: bad
model: nano-banana-prp
references: { bottle: refs/bottel.png }
items:
  - { key: a, prompt: x, references: [bottle] }
  - { key: A, prompt: "" }
`;

  test('is 422 with all problems and their places, as validate gives them', async () => {
    const { status, headers, body } = await api.post<ProblemDetails>('/v1/batches', {
      body: form(BAD, { 'refs/bottle.png': await picture(1), 'refs/none.png': Buffer.from('no image') }),
    });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(body).toMatchObject({
      type: 'urn:hummingbatch:error:manifest-invalid',
      status: 422,
      code: 'manifest-invalid',
    });
    const validated = await api.post<{ ok: boolean; problems: object[] }>('/v1/validate', {
      body: form(BAD, { 'refs/bottle.png': await picture(1), 'refs/none.png': Buffer.from('no image') }),
    });
    expect(validated).toMatchObject({ status: 200, body: { ok: false, problems: body.problems } });
    expect(body.problems?.map(({ code, line }) => [code, line])).toEqual([
      ['unknown-model', 2],
      ['reference-missing', 3],
      ['duplicate-key', 6],
      ['empty-prompt', 6],
    ]);
    expect(body.problems?.[1]?.fix).toBe('Did you mean "refs/bottle.png"?');
    expect(await leftovers()).toEqual([]);
  });

  test('is a file that is not an image, at the place that names it', async () => {
    const files = {
      'refs/bottle.png': (await picture(1)).subarray(0, 100),
      'refs/label.png': await picture(2),
    };
    const { status, body } = await api.post<ProblemDetails>('/v1/batches', {
      body: form(WITH_REFERENCES, files),
    });
    expect(status).toBe(422);
    expect(body.problems?.map(({ code, line }) => [code, line])).toEqual([
      ['reference-undecodable', 4],
      ['reference-undecodable', 5],
    ]);
    expect(await leftovers()).toEqual([]);
  });

  test.each(['./refs/bottle.png', '/etc/passwd', '../../store.json', 'file:///etc/passwd'])(
    'a path is never opened: %s',
    async (path) => {
      const manifest = threeOutputs('paths', { references: { bottle: path } });
      const { status, body } = await api.post<ProblemDetails>('/v1/batches', { body: manifest });
      expect(status).toBe(422);
      expect(['path-not-allowed', 'unsupported-source']).toContain(body.problems?.[0]?.code);
    },
  );

  test('is a sha256 reference that the store does not have', async () => {
    const manifest = threeOutputs('content', { references: { bottle: `sha256:${'0'.repeat(64)}` } });
    const { body } = await api.post<ProblemDetails>('/v1/validate', { body: manifest });
    expect(body).toMatchObject({ ok: false, problems: [{ code: 'reference-missing' }] });
  });

  test('is 422 from estimate, which prices a valid manifest', async () => {
    const right = await api.post('/v1/estimate?within=1h', { body: threeOutputs('estimated') });
    expect(right).toMatchObject({ status: 200, body: { outputs: 3, advice: 'interactive', uploadBytes: 0 } });
    expect((right.body as { batchUsd: number }).batchUsd).toBeCloseTo(0.2, 1);
    expect(await api.post('/v1/estimate', { body: { name: 'x' } })).toMatchObject({ status: 422 });
    expect(await api.post('/v1/estimate?within=soon', { body: threeOutputs('e') })).toMatchObject({
      status: 400,
    });
  });
});

describe('an Idempotency-Key', () => {
  test('with the same request gives the same batch, and with another request is refused, naming both', async () => {
    const manifest = threeOutputs('once');
    const first = await api.post<Started>('/v1/batches', { body: manifest, key: 'order-1' });
    expect(first.status).toBe(201);
    expect(await api.post('/v1/batches', { body: manifest, key: 'order-1' })).toMatchObject({
      status: 200,
      body: { batchId: first.body.batchId, attached: true },
    });
    const other = await api.post<ProblemDetails>('/v1/batches', {
      body: threeOutputs('other'),
      key: 'order-1',
    });
    expect(other).toMatchObject({ status: 409, body: { code: 'request-conflict' } });
    const fingerprints = [...(other.body.detail.match(/\b[0-9a-f]{12}\b/g) ?? [])];
    expect(new Set(fingerprints).size).toBe(2);
    expect(other.body.detail).toContain(first.body.batchId);
    const dearer = threeOutputs('once', { run: { maxCostUsd: 50 } });
    expect(await api.post('/v1/batches', { body: dearer, key: 'order-1' })).toMatchObject({ status: 409 });
    expect(await api.post('/v1/batches', { body: manifest, key: 'x'.repeat(201) })).toMatchObject({
      status: 400,
    });
  });

  test('sent twice at the same time starts one batch', async () => {
    const manifest = threeOutputs('twice');
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => api.post<Started>('/v1/batches', { body: manifest, key: 'order-2' })),
    );
    expect(answers.map(({ status }) => String(status)).sort()).toEqual(['200', '200', '200', '201']);
    await ended(answers[0]?.body.batchId ?? '');
    expect(
      (await world.emulator.ledger()).jobs.filter(({ displayName }) => displayName?.includes('/twice-')),
    ).toHaveLength(1);
  });

  test('is not needed for a conflict: an id taken by another manifest names both fingerprints', async () => {
    await api.post('/v1/batches?batchId=start-taken', { body: threeOutputs('taken-1') });
    const { status, body } = await api.post<ProblemDetails>('/v1/batches?batchId=start-taken', {
      body: threeOutputs('taken-2'),
    });
    expect({ status, code: body.code }).toEqual({ status: 409, code: 'batch-conflict' });
    expect(body.detail.match(/\b[0-9a-f]{8}\b/g)).toHaveLength(2);
  });
});

describe('tokens', () => {
  const SHOP = 'shop-secret-shop-secret';
  const CRM = 'crm-secret-crm-secret-00';
  const OPS = 'ops-secret-ops-secret-00';
  let guarded: Api;
  beforeAll(async () => {
    guarded = await desk.open({
      tokens: `shop:own=${SHOP}, crm:own=${CRM}, ops=${OPS}`,
    });
  });

  test('missing or wrong are 401 without detail', async () => {
    for (const token of [undefined, 'wrong', `${SHOP}x`, SHOP.slice(0, -1)]) {
      const { status, headers, body } = await guarded.get<ProblemDetails>('/v1/batches', { token });
      expect({ status, challenge: headers.get('www-authenticate') }).toEqual({
        status: 401,
        challenge: 'Bearer',
      });
      expect(body.detail).toBe('The request needs a valid token.');
    }
    for (const path of ['/healthz', '/readyz', '/openapi.json'])
      expect((await guarded.get(path)).status).toBe(200);
    expect((await guarded.get('/metrics')).status).toBe(401);
  });

  test('label their batches, and one with `:own` sees only its own', async () => {
    const start = (token: string, name: string) =>
      guarded.post<Started>('/v1/batches', {
        token,
        body: threeOutputs(name, { run: { labels: ['autumn'] } }),
      });
    const [shop, crm] = [await start(SHOP, 'of-shop'), await start(CRM, 'of-crm')];
    const seen = async (token: string) =>
      (await guarded.get<{ batches: BatchProgress[] }>('/v1/batches?label=autumn', { token })).body.batches
        .map(({ batchId }) => batchId)
        .sort();
    expect(await seen(SHOP)).toEqual([shop.body.batchId]);
    expect(await seen(CRM)).toEqual([crm.body.batchId]);
    expect(await seen(OPS)).toEqual([crm.body.batchId, shop.body.batchId].sort());

    const after = async (id: string) =>
      (await guarded.get<ProblemDetails>(`/v1/batches?after=${id}`, { token: CRM })).status;
    expect([await after(shop.body.batchId), await after('none-such'), await after(crm.body.batchId)]).toEqual(
      [400, 400, 200],
    );
    await ended(shop.body.batchId);
    const { body } = await guarded.get<BatchProgress>(`/v1/batches/${shop.body.batchId}`, { token: SHOP });
    expect(body.labels).toEqual(['autumn', 'token:shop']);
    const paths = ['', '/records', '/images/flat.jpg', '/archive.zip', '/events'].map((end) => ['GET', end]);
    const operations = ['retry', 'approve', 'accept', 'check-now', 'cancel'].map((name) => [
      'POST',
      `/${name}`,
    ]);
    for (const [method = '', end = ''] of [...paths, ...operations]) {
      const path = `/v1/batches/${shop.body.batchId}${end}`;
      const others = await guarded.ask<ProblemDetails>(method, path, { token: CRM });
      expect(others, path).toMatchObject({
        status: 404,
        body: { code: 'batch-unknown', detail: `There is no batch ${shop.body.batchId}.` },
      });
    }
  });

  test('with `:own` cannot attach to the batch of another, nor use the label of another', async () => {
    const body = threeOutputs('shared');
    const { status } = await guarded.post('/v1/batches?batchId=shared', { token: SHOP, body });
    expect(status).toBe(201);
    expect(await guarded.post('/v1/batches?batchId=shared', { token: CRM, body })).toMatchObject({
      status: 409,
      body: { code: 'batch-conflict' },
    });
    // Without an id each has a batch of its own.
    for (const token of [SHOP, CRM])
      expect(await guarded.post('/v1/batches', { token, body })).toMatchObject({ status: 201 });
    const spoofed = threeOutputs('spoofed', { run: { labels: ['token:shop'] } });
    expect(await guarded.post('/v1/batches', { token: CRM, body: spoofed })).toMatchObject({ status: 422 });
    expect((await guarded.post('/v1/batches', { token: SHOP, body: spoofed })).status).toBe(201);
    const labels = Array.from({ length: 20 }, (_, n) => `l${n}`);
    expect(
      await guarded.post('/v1/batches', { token: CRM, body: threeOutputs('many', { run: { labels } }) }),
    ).toMatchObject({ status: 422 });
    // 1800 bytes: with the label of the token over the limit.
    const long = Array.from({ length: 15 }, (_, n) => String.fromCodePoint(0x430 + n).repeat(60));
    expect(
      await guarded.post<ProblemDetails>('/v1/batches', {
        token: CRM,
        body: threeOutputs('long', { run: { labels: long } }),
      }),
    ).toMatchObject({
      status: 422,
      body: { problems: [{ message: expect.stringMatching(/token:crm.* at most 1800/) }] },
    });
  });

  test('with `:own` cannot name the webhook secret of another', async () => {
    const startWith = (secretRef: string) =>
      guarded.post<ProblemDetails>('/v1/batches', {
        token: SHOP,
        body: threeOutputs(`told-${secretRef}`, {
          run: { approveAboveUsd: 0, notify: [{ url: 'https://shop.example/hook', secretRef }] },
        }),
      });
    expect(await startWith('crm')).toMatchObject({
      status: 422,
      body: { problems: [{ code: 'wrong-value' }] },
    });
    expect((await startWith('shop')).status).toBe(201);
  });

  test('with `:own` that start the same batch at the same time: only one gets it', async () => {
    const body = threeOutputs('at-once');
    for (let n = 0; n < 5; n++) {
      const both = [SHOP, CRM].map((token) =>
        guarded.post(`/v1/batches?batchId=at-once-${n}`, { token, body }),
      );
      const statuses = (await Promise.all(both)).map(({ status }) => String(status));
      expect(statuses.sort()).toEqual(['201', '409']);
    }
  });

  test('have separate Idempotency-Keys', async () => {
    const of = (token: string, name: string) =>
      guarded.post('/v1/batches', { token, key: 'k-1', body: threeOutputs(name) });
    expect((await of(SHOP, 'key-of-shop')).status).toBe(201);
    expect((await of(CRM, 'key-of-crm')).status).toBe(201);
    expect((await of(SHOP, 'key-of-crm')).status).toBe(409);
  });
});

describe('without tokens', () => {
  test('a web page of another site in a browser on this machine is refused', async () => {
    const body = threeOutputs('rebound');
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign)
      expect(await api.post('/v1/batches', { body, headers })).toMatchObject({
        status: 403,
        body: { code: 'forbidden' },
      });
    expect(await api.post('/v1/batches', { body, headers: { origin: api.url } })).toMatchObject({
      status: 201,
    });
  });
});
