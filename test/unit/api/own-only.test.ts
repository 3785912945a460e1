import { expect, test } from 'vitest';
import { openStoreApi } from './api.ts';

const SHOP = 'shop-secret-shop-secret';
const OPS = 'ops-secret-ops-secret-00';

test('metrics are about all tokens: one with `:own` does not get them', async () => {
  const { app } = await openStoreApi(`shop:own=${SHOP},ops=${OPS}`);
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
