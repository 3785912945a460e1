import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';
import { Cut, type Reply } from '../http/exchange.ts';
import { Count, onEndOfRequest, onRequest } from './kind.ts';
import { waitUntilDisconnected } from './requests.ts';

const AFTER = { afterBytes: Count };

/** Faults of a download. `afterBytes` counts from the first byte of this answer. */
export const DOWNLOAD_FAULTS = {
  broken: onEndOfRequest(
    'the connection is cut after `afterBytes`',
    AFTER,
    async ({ afterBytes }, exchange, next) =>
      cutAtByte(await next(exchange), afterBytes, async () => {
        throw new Cut();
      }),
  ),

  short: onEndOfRequest(
    'it ends after `afterBytes` as if it were complete: no error, no Content-Length',
    AFTER,
    async ({ afterBytes }, exchange, next) =>
      withoutLength(cutAtByte(await next(exchange), afterBytes, async () => undefined)),
  ),

  hang: onEndOfRequest(
    'nothing more is sent after `afterBytes`, and the connection stays open',
    AFTER,
    async ({ afterBytes }, exchange, next) =>
      cutAtByte(await next(exchange), afterBytes, async () => {
        await waitUntilDisconnected(exchange);
        throw new Cut();
      }),
  ),

  'no-length': onRequest('no Content-Length', {}, async (_, exchange, next) =>
    withoutLength(await next(exchange)),
  ),

  'no-range': onRequest('Range is ignored: 200 and the whole file', {}, async (_, exchange, next) => {
    const reply = await next({ ...exchange, headers: without('range', exchange.headers) });
    return { ...reply, headers: without('accept-ranges', reply.headers) };
  }),

  gzip: onRequest(
    'it is compressed, even if the client does not accept that',
    {},
    async (_, exchange, next) => {
      const reply = await next(exchange);
      if (!reply.stream) return reply;
      const gzip = createGzip();
      // The reader of `gzip` gets the error too.
      pipeline(reply.stream, gzip, () => undefined);
      const { headers } = withoutLength(reply);
      return { ...reply, headers: { ...headers, 'content-encoding': 'gzip' }, stream: gzip };
    },
  ),
};

function withoutLength(reply: Reply): Reply {
  return { ...reply, headers: without('content-length', reply.headers) };
}

function without<T extends object>(name: string, headers: T | undefined): T {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([other]) => other !== name)) as T;
}

/** Cuts the stream after some bytes, then calls `then`. A refusal or a shorter stream is not changed. */
function cutAtByte(reply: Reply, bytes: number, then: () => Promise<void>): Reply {
  return reply.stream ? { ...reply, stream: firstBytes(reply.stream, bytes, then) } : reply;
}

async function* firstBytes(
  chunks: AsyncIterable<Uint8Array>,
  bytes: number,
  then: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0) return await then();
  }
}
