/** Splits chunks of any size into pieces of exactly `size` bytes; the last piece may be shorter. */
export async function* splitPieces(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  total: number,
): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    let rest = chunk;
    while (bytes + rest.byteLength >= size) {
      const taken = size - bytes;
      yield Buffer.concat([...held, rest.subarray(0, taken)]);
      rest = rest.subarray(taken);
      held = [];
      bytes = 0;
    }
    if (rest.byteLength > 0) held.push(rest);
    bytes += rest.byteLength;
  }
  // An upload without a byte still needs one empty last piece.
  if (bytes > 0 || total === 0) yield Buffer.concat(held);
}
