import { Refusal } from '../http/envelope.ts';
import { Cut, type Exchange } from '../http/exchange.ts';
import { Count, onEndOfRequest } from './kind.ts';

/** Faults of a piece of an upload. The bytes that arrived before are kept. */
export const UPLOAD_FAULTS = {
  reset: onEndOfRequest(
    'the connection is cut when `afterBytes` of the piece have arrived',
    { afterBytes: Count },
    async ({ afterBytes }, exchange, next) => {
      await next(shorten(exchange, afterBytes, { readOn: false }));
      throw new Cut();
    },
  ),

  busy: onEndOfRequest(
    '503 when `afterBytes` of the piece have arrived',
    { afterBytes: Count },
    async ({ afterBytes }, exchange, next) => {
      await next(shorten(exchange, afterBytes, { readOn: true }));
      const refusal = new Refusal('UNAVAILABLE', 'The service is currently unavailable.');
      return { status: refusal.httpStatus, json: refusal };
    },
  ),
};

/** The same piece, shorter and not marked as the last one. */
function shorten(exchange: Exchange, bytes: number, reading: { readOn: boolean }): Exchange {
  return {
    ...exchange,
    headers: { ...exchange.headers, 'x-goog-upload-command': 'upload' },
    bytes: firstBytes(exchange.bytes, bytes, reading),
  };
}

/** @param reading whether to read the other bytes too: else the client is still sending when its answer arrives. */
async function* firstBytes(
  chunks: AsyncIterable<Buffer>,
  bytes: number,
  { readOn }: { readOn: boolean },
): AsyncGenerator<Buffer> {
  let left = bytes;
  for await (const chunk of chunks) {
    if (left > 0) yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left <= 0 && !readOn) return;
  }
}
