import type { RequestListener } from 'node:http';
import { describe, expect, test } from 'vitest';
import { postPublic } from '../../../src/net/post.ts';
import { createListener, serveHttp } from '../../support/listener.ts';

const never = () => new AbortController().signal;
const LIMITS = { hosts: [], deadlineMs: 5_000 };
const buildPost = (url: string) => ({ url, headers: { 'webhook-id': 'e1' }, body: '{"a":1}' });
const refused = (why: RegExp) => ({ code: 'unreachable', message: expect.stringMatching(why) });

/** A receiver on loopback with this answer. */
async function receiver(answer: RequestListener) {
  const port = await serveHttp(answer);
  return { port, url: `http://127.0.0.1:${port}/hooks?token=hunter2`, host: `127.0.0.1:${port}` };
}

describe('postPublic, for a receiver that the operator has not allowed', () => {
  test.each(['127.0.0.1', '0x7f.1', '[::1]', '[::ffff:7f00:1]', '10.0.0.1', '169.254.169.254'])(
    'does not call it at %s',
    async (host) => {
      const { port, connections } = await createListener();
      await expect(postPublic(buildPost(`https://${host}:${port}/x`), LIMITS, never())).rejects.toMatchObject(
        {
          ...refused(/not public/),
          fix: expect.stringContaining('HUMMINGBATCH_WEBHOOK_HOSTS'),
        },
      );
      expect(connections()).toBe(0);
    },
  );

  test('does not call it by a name that resolves to a private address', async () => {
    const { port, connections } = await createListener();
    const others = { ...LIMITS, hosts: ['localhost', `127.0.0.1:${port}`, `localhost:${port + 1}`] };
    await expect(postPublic(buildPost(`https://localhost:${port}/x`), others, never())).rejects.toMatchObject(
      refused(/not public/),
    );
    expect(connections()).toBe(0);
  });

  test('does not call it without TLS and names the setting', async () => {
    await expect(
      postPublic(buildPost('http://93.184.215.14/hunter2'), LIMITS, never()),
    ).rejects.toMatchObject(
      refused(/^The event could not be delivered to http:\/\/93\.184\.215\.14: .*HUMMINGBATCH_WEBHOOK_HOSTS/),
    );
  });

  test.each(['', 'x', 'file:///etc/passwd'])('does not call the invalid URL %j', async (url) => {
    await expect(postPublic(buildPost(url), LIMITS, never())).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('postPublic, for a receiver that the operator has allowed', () => {
  test('sends headers and body unchanged and returns the answer', async () => {
    const seen: unknown[] = [];
    const { url, host } = await receiver((request, response) => {
      request.on('data', (bytes: Buffer) => seen.push(request.method, request.url, bytes.toString()));
      request.on('end', () => response.writeHead(429, { 'retry-after': '37' }).end('busy'));
      seen.push(request.headers['webhook-id']);
    });
    expect(await postPublic(buildPost(url), { ...LIMITS, hosts: ['x', host] }, never())).toEqual({
      status: 429,
      retryAfterMs: 37_000,
    });
    expect(seen).toEqual(['e1', 'POST', '/hooks?token=hunter2', '{"a":1}']);
  });

  test.each(['Wed, 21 Oct 2026 07:28:00 GMT', '-1', '1e9', '9999999'])(
    'ignores the Retry-After value %s',
    async (when) => {
      const { url, host } = await receiver((_, response) =>
        response.writeHead(503, { 'retry-after': when }).end(),
      );
      expect(await postPublic(buildPost(url), { ...LIMITS, hosts: [host] }, never())).toEqual({
        status: 503,
      });
    },
  );

  test('does not follow a redirect', async () => {
    const { port, connections } = await createListener();
    const location = `http://127.0.0.1:${port}/inside`;
    const { url, host } = await receiver((_, response) => response.writeHead(307, { location }).end());
    expect(await postPublic(buildPost(url), { ...LIMITS, hosts: [host] }, never())).toEqual({ status: 307 });
    expect(connections()).toBe(0);
  });

  test('does not read the body of the answer, even if it never ends', async () => {
    let written = 0;
    const { url, host } = await receiver((_, response) => {
      const piece = Buffer.alloc(1 << 20);
      const more = () => {
        while (!response.destroyed && response.write(piece)) written += piece.length;
      };
      response.on('drain', more);
      more();
    });
    expect(await postPublic(buildPost(url), { ...LIMITS, hosts: [host] }, never())).toEqual({ status: 200 });
    // This much fits into the buffers of two sockets.
    expect(written).toBeLessThan(32 << 20);
  });

  test('stops at the deadline, with an error that shows only the origin of the URL', async () => {
    const { url, host, port } = await receiver(() => undefined);
    const post = postPublic(buildPost(url), { hosts: [host], deadlineMs: 50 }, never());
    await expect(post).rejects.toMatchObject(refused(new RegExp(`to http://127\\.0\\.0\\.1:${port}:`)));
    await expect(post).rejects.toMatchObject({ message: expect.not.stringContaining('hunter2') });
  });

  test('stops with the reason of the signal when it is cancelled', async () => {
    const { url, host } = await receiver(() => undefined);
    const stop = new AbortController();
    const post = postPublic(buildPost(url), { ...LIMITS, hosts: [host] }, stop.signal);
    const reason = new Error('cancelled');
    stop.abort(reason);
    await expect(post).rejects.toBe(reason);
  });

  test('fails if no process listens at the address', async () => {
    const { url, host } = await receiver(() => undefined);
    const closed = url.replace(/:\d+/, ':1');
    await expect(
      postPublic(buildPost(closed), { ...LIMITS, hosts: [host, '127.0.0.1:1'] }, never()),
    ).rejects.toMatchObject(refused(/ECONNREFUSED|refused|bad port/i));
  });
});
