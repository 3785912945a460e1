import { expect, test } from 'vitest';
import type { ActivityDeps } from '../../../src/activities/deps.ts';
import { toFailure } from '../../../src/activities/failure.ts';
import { notify } from '../../../src/activities/notify.ts';
import type { StepContext } from '../../../src/activities/step.ts';
import type { WebhookPost } from '../../../src/net/post.ts';
import { verifySignature } from '../../../src/webhooks/index.ts';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const MINUTE = 60_000;
const INPUT = {
  batchId: 'b',
  where: {},
  id: 'b_ended_1',
  target: { url: 'https://shop.example/hooks?token=hunter2', secretRef: 'shop' },
  event: {
    type: 'batch.ended',
    timestamp: '2026-11-24T10:00:00.000Z',
    data: {
      batchId: 'b',
      state: 'COMPLETED',
      outputs: { total: 1, image: 1, refused: 0, failed: 0, missing: 0 },
      costUsd: { estimated: 1, actual: 1 },
    },
  },
} as const;

/** Makes one attempt; the receiver gives this answer. */
async function attempt(answer: { status: number; retryAfterMs?: number }, number = 1, now = 0) {
  const posts: WebhookPost[] = [];
  const { signal } = new AbortController();
  const deps = {
    now: () => now,
    webhookSecrets: () => [SECRET],
    postWebhook: async (post: WebhookPost) => {
      posts.push(post);
      return answer;
    },
  };
  const context = { signal, attempt: number };
  const error: unknown = await notify(deps as unknown as ActivityDeps, INPUT, context as StepContext).catch(
    (error) => error,
  );
  return { post: posts[0], failure: error === undefined ? undefined : toFailure(error, signal) };
}

test('signs each delivery with its own time and keeps everything else', async () => {
  const [early, late] = [await attempt({ status: 200 }), await attempt({ status: 200 }, 9, 48 * 60 * MINUTE)];
  expect(early.post?.body).toBe(late.post?.body);
  for (const [{ post }, now] of [
    [early, 0],
    [late, 48 * 60 * MINUTE],
  ] as const)
    expect(
      verifySignature({ headers: { ...post?.headers }, body: post?.body ?? '', secret: SECRET, now }).id,
    ).toBe('b_ended_1');
});

test.each([200, 202, 299])('treats %i as delivered', async (status) => {
  expect((await attempt({ status })).failure).toBeUndefined();
});

test.each([199, 300, 301, 400, 401, 404, 429, 500, 503])('tries again after %i', async (status) => {
  expect((await attempt({ status })).failure).toMatchObject({
    type: 'unavailable',
    nonRetryable: false,
    message: `The receiver at https://shop.example answered ${status}.`,
  });
});

test('makes no further attempt after 410', async () => {
  expect((await attempt({ status: 410 })).failure).toMatchObject({ nonRetryable: true });
});

test.each([
  ['sooner than the first pause', 1, 1_000, undefined],
  ['later than the first pause', 1, 37_000, 37_000],
  ['later than half an hour', 1, 24 * 60 * MINUTE, 30 * MINUTE],
  ['sooner than the fourth pause', 4, 17 * MINUTE, undefined],
  ['sooner than the ninth pause', 9, 1_000, undefined],
  ['later than the ninth pause, which is hours', 9, 24 * 60 * MINUTE, undefined],
])('follows a Retry-After that is %s only where it saves an attempt', async (_, number, says, waits) => {
  const { failure } = await attempt({ status: 503, retryAfterMs: says }, number);
  expect(failure).toMatchObject({ type: 'unavailable' });
  expect((failure as { nextRetryDelay?: unknown }).nextRetryDelay ?? undefined).toBe(waits);
});
