import { describe, expect, test } from 'vitest';
import { computeSha256 } from '../../../src/manifest/sha256.ts';
import { picture } from '../../integration/activities-kit.ts';
import { openStoreApi } from './api.ts';

const SHOP = 'shop-secret-shop-secret';
const CRM = 'crm-secret-crm-secret-00';
const OPS = 'ops-secret-ops-secret-00';
const TOKENS = `shop:own=${SHOP},crm:own=${CRM},ops=${OPS}`;

function buildManifest(reference: string) {
  return {
    name: 'own',
    model: 'nano-banana-pro',
    references: { bottle: reference },
    items: [{ key: 'hero', prompt: 'A bottle', references: ['bottle'] }],
  };
}

test('metrics are about all tokens: one with `:own` does not get them', async () => {
  const { app } = await openStoreApi(TOKENS);
  const ask = (token: string) =>
    app.inject({ url: '/metrics', headers: { authorization: `Bearer ${token}` } });
  const refused = await ask(SHOP);
  expect({ status: refused.statusCode, body: refused.json<object>() }).toMatchObject({
    status: 403,
    body: { code: 'forbidden', fix: 'Use a token without `:own`.' },
  });
  expect(refused.body).not.toContain('hummingbatch_api_');
  expect((await ask(OPS)).body).toContain('hummingbatch_api_requests_total');
});

describe('content of the store, for a token with `:own`', () => {
  /** An API whose store has a file that the token `shop` sent. */
  async function withContent() {
    const api = await openStoreApi(TOKENS);
    const bottle = await picture(1);
    const sent = await api.send('/v1/batches', SHOP, buildManifest('bottle.png'), { 'bottle.png': bottle });
    expect(sent.status).toBe(201);
    return { ...api, bottle, sha256: computeSha256(bottle) };
  }

  test.each(['/v1/validate', '/v1/estimate', '/v1/batches'])(
    'is as unknown to another as what does not exist: %s answers the same after the same look-ups',
    async (path) => {
      const { send, sha256, started } = await withContent();
      const ask = async (hash: string) => {
        const { status, text, calls } = await send(path, CRM, buildManifest(`sha256:${hash}`));
        return { status, text: text.replaceAll(hash, 'HASH'), calls };
      };
      const [theirs, none] = [await ask(sha256), await ask('0'.repeat(64))];
      expect(theirs).toEqual(none);
      expect(theirs.status).toBe(path === '/v1/validate' ? 200 : 422);
      expect(theirs.text).toContain('reference-missing');
      expect(theirs.text).toContain('The store does not have the content sha256:HASH.');
      expect(started).toHaveLength(1);
    },
  );

  test('can be named by whoever sent it, and by a token that sees all batches', async () => {
    const { send, sha256 } = await withContent();
    const validate = (token: string) => send('/v1/validate', token, buildManifest(`sha256:${sha256}`));
    expect(JSON.parse((await validate(SHOP)).text)).toMatchObject({ ok: true });
    expect(JSON.parse((await validate(OPS)).text)).toMatchObject({ ok: true });
    expect(JSON.parse((await validate(CRM)).text)).toMatchObject({ ok: false });
    // Only a start sends content: what was merely validated is not in the store.
    const label = await picture(2);
    await send('/v1/validate', CRM, buildManifest('a.png'), { 'a.png': label });
    const later = await send('/v1/validate', CRM, buildManifest(`sha256:${computeSha256(label)}`));
    expect(JSON.parse(later.text)).toMatchObject({ ok: false });
  });

  test('is written in the same way where another has sent it before', async () => {
    const { send, bottle, store, sha256 } = await withContent();
    const label = await picture(2);
    const upload = async (bytes: Buffer) => {
      const { status, text, calls } = await send('/v1/batches', CRM, buildManifest('a.png'), {
        'a.png': bytes,
      });
      const { batchId } = JSON.parse(text) as { batchId: string };
      const hide = (words: string) =>
        words.replaceAll(computeSha256(bytes), 'HASH').replaceAll(batchId, 'ID');
      return { status, text: hide(text), calls: calls.map(hide) };
    };
    const [known, fresh] = [await upload(bottle), await upload(label)];
    expect(known).toEqual(fresh);
    expect(known.calls).toContain('keep references/HASH.png');
    expect(await store.list('references/')).toHaveLength(2);
    expect(Buffer.from((await store.get(`references/${sha256}.png`)) ?? []).equals(bottle)).toBe(true);
    const validated = await send('/v1/validate', CRM, buildManifest(`sha256:${sha256}`));
    expect(JSON.parse(validated.text)).toMatchObject({ ok: true });
  });

  test('gives the same manifest another id for each token, and the same one to the same token', async () => {
    const { send, started, bottle } = await withContent();
    for (const token of [SHOP, CRM, CRM, OPS])
      expect(
        (await send('/v1/batches', token, buildManifest('bottle.png'), { 'bottle.png': bottle })).status,
      ).toBe(201);
    const [first, shop, crm, again, ops] = started.map(({ batchId }) => batchId);
    expect(shop).toBe(first);
    expect(again).toBe(crm);
    expect(new Set([shop, crm, ops]).size).toBe(3);
  });
});
