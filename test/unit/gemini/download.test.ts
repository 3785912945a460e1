import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { download } from '../../../src/gemini/download.ts';
import { catchFailure, patience, serve } from './server.ts';

const FILE = 'files/batch-abc';
const CONTENT = Buffer.from(Array.from({ length: 300_000 }, (_, n) => n % 251));

/** The bytes of a download, and the error that ended it. */
async function drain(chunks: AsyncIterable<Uint8Array>): Promise<{ bytes: Buffer; error?: unknown }> {
  const taken: Uint8Array[] = [];
  try {
    for await (const chunk of chunks) taken.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(taken), error };
  }
  return { bytes: Buffer.concat(taken) };
}

const parseRange = (header: string | undefined) => Number(/^bytes=(\d+)-$/.exec(header ?? '')?.[1] ?? 0);

describe('a download', () => {
  test.each([0, 1, 1000, 299_999, 300_000])(
    'from byte %i returns everything after it, with Range and without',
    async (offset) => {
      const ranged = await serve((request, response) => {
        const from = parseRange(request.headers.range);
        if (from >= CONTENT.length) response.writeHead(416).end();
        else if (request.headers.range === undefined) response.end(CONTENT);
        else {
          response.writeHead(206, {
            'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}`,
          });
          response.end(CONTENT.subarray(from));
        }
      });
      const whole = await serve((_, response) => response.end(CONTENT));
      for (const { http, requests } of [ranged, whole]) {
        const { bytes, error } = await drain(download(http, FILE, offset, patience()));
        expect(error).toBeUndefined();
        expect(bytes.equals(CONTENT.subarray(offset))).toBe(true);
        expect(requests).toHaveLength(1);
      }
    },
  );

  test('skips bytes before the offset, and fails when the answer begins too late', async () => {
    let start = 50;
    const { http } = await serve((_, response) => {
      response.writeHead(206, { 'content-range': `bytes ${start}-299999/300000` });
      response.end(CONTENT.subarray(start));
    });
    const { bytes } = await drain(download(http, FILE, 100, patience()));
    expect(bytes.equals(CONTENT.subarray(100))).toBe(true);
    start = 200;
    expect((await drain(download(http, FILE, 100, patience()))).error).toMatchObject({
      code: 'invalid-response',
    });
  });

  test('returns the same bytes when the server compresses them', async () => {
    const { http } = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(CONTENT));
    });
    expect((await drain(download(http, FILE, 7, patience()))).bytes.equals(CONTENT.subarray(7))).toBe(true);
  });

  test.each(['with a length', 'in chunks'])(
    'that is cut (%s) fails as unreachable, and the bytes before are good',
    async (how) => {
      const { http } = await serve((_, response) => {
        if (how === 'with a length') response.setHeader('content-length', CONTENT.length);
        response.write(CONTENT.subarray(0, 100_000), () => response.destroy());
      });
      const { bytes, error } = await drain(download(http, FILE, 0, patience()));
      expect(error).toMatchObject({ code: 'unreachable' });
      expect(bytes.equals(CONTENT.subarray(0, bytes.length))).toBe(true);
    },
  );

  test.each([0, 1, 200_000])(
    'from byte %i fails as unreachable when it ends before the end in Content-Range',
    async (offset) => {
      const { http } = await serve((request, response) => {
        const from = parseRange(request.headers.range);
        response.writeHead(206, { 'content-range': `bytes ${from}-299999/300000` });
        response.end(CONTENT.subarray(from, 250_000));
      });
      const { bytes, error } = await drain(download(http, FILE, offset, patience(), { again: true }));
      expect(error).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('50000 bytes too early'),
      });
      expect(bytes.equals(CONTENT.subarray(offset, 250_000))).toBe(true);
    },
  );

  test('asks for a range from byte 0 when it is repeated, and returns nothing for an empty file', async () => {
    const { http, requests } = await serve((_, response) => response.writeHead(416).end());
    expect(await drain(download(http, FILE, 0, patience(), { again: true }))).toEqual({
      bytes: Buffer.alloc(0),
    });
    expect(requests.map(({ headers }) => headers.range)).toEqual(['bytes=0-']);
    // At a later offset 416 is an error: the file had bytes before.
    expect((await drain(download(http, FILE, 5, patience()))).error).toMatchObject({
      code: 'request-rejected',
    });
  });

  test('ignores the end in Content-Range when the body is compressed', async () => {
    const { http } = await serve((_, response) => {
      response.writeHead(206, { 'content-range': 'bytes 6-999999/1000000', 'content-encoding': 'gzip' });
      response.end(gzipSync(CONTENT.subarray(6)));
    });
    expect((await drain(download(http, FILE, 7, patience()))).error).toBeUndefined();
  });

  test('fails when the connection stalls', async () => {
    const { http } = await serve((_, response) => response.write(CONTENT.subarray(0, 1000)));
    const { bytes, error } = await drain(download(http, FILE, 0, patience(), { idleMs: 50 }));
    expect(error).toMatchObject({ code: 'unreachable', message: expect.stringContaining('in time') });
    expect(bytes.length).toBe(1000);
  });

  test('does not fail when the consumer is slow', async () => {
    const { http } = await serve((_, response) => response.end(CONTENT));
    let bytes = 0;
    for await (const chunk of download(http, FILE, 0, patience(), { idleMs: 500 })) {
      if (bytes === 0) await pause(1_000);
      bytes += chunk.byteLength;
    }
    expect(bytes).toBe(CONTENT.length);
  });

  test('tries the second path when the first has no such file, and fails as result-gone when both have none', async () => {
    let there = true;
    const { http, requests } = await serve((request, response) => {
      if (there && request.url?.startsWith('/v1beta/')) response.end('x');
      else response.writeHead(404).end('{"error":{"code":404,"status":"NOT_FOUND","message":"Not here."}}');
    });
    expect((await drain(download(http, FILE, 0, patience()))).bytes.toString()).toBe('x');
    expect(requests.map(({ url }) => url)).toEqual([
      `/download/v1beta/${FILE}:download?alt=media`,
      `/v1beta/${FILE}:download?alt=media`,
    ]);
    there = false;
    expect((await drain(download(http, FILE, 0, patience()))).error).toMatchObject({ code: 'result-gone' });
  });

  test('ends with the reason of our signal when we cancel', async () => {
    const controller = new AbortController();
    const { http } = await serve((_, response) => response.write(CONTENT.subarray(0, 1000)));
    const reason = new Error('cancelled');
    const chunks = download(http, FILE, 0, controller.signal);
    await chunks.next();
    controller.abort(reason);
    expect(await catchFailure(chunks.next())).toBe(reason);
  });

  test('closes its connection when the consumer stops in the middle', async () => {
    const { http, requests } = await serve((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(CONTENT));
      };
      response.on('drain', more);
      more();
    });
    for await (const _ of download(http, FILE, 0, patience())) break;
    await expect.poll(() => requests[0]?.socket.destroyed).toBe(true);
  });
});
