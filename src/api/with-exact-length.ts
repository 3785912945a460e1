import { HummingbatchError } from '../contract/errors.ts';

/**
 * A file of which its length was told before: what is longer or shorter ends in an error, and so the connection, instead of
 * in the next answer.
 */
export async function* withExactLength(
  bytes: number,
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const piece of pieces) {
    left -= piece.length;
    if (left < 0) break;
    yield piece;
  }
  if (left !== 0)
    throw new HummingbatchError('store-corrupt', `A file that had ${bytes} bytes has another length now.`);
}
