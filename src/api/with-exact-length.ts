import { HummingbatchError } from '../contract/errors.ts';

/**
 * Passes on a file whose length is in the response's header. A file of another length ends in an error, which closes the
 * connection. Otherwise its surplus bytes would become the beginning of the next response.
 */
export async function* withExactLength(
  bytes: number,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of chunks) {
    left -= chunk.length;
    if (left < 0) break;
    yield chunk;
  }
  if (left !== 0)
    throw new HummingbatchError(
      'store-corrupt',
      `A file of the store had ${bytes} bytes and has another length now.`,
    );
}
