/** A line of a stream of bytes, without its newline. */
export interface Line {
  bytes: Uint8Array;
  /** The offset in the stream of the byte after its newline: where a reader goes on that has taken this line. */
  end: number;
  /** Whether the newline was there; only the last line can lack it. */
  whole: boolean;
  /** It was longer than allowed, and `bytes` holds only its beginning. */
  tooLong?: true;
}

const NEWLINE = 0x0a;
const HEAD = 4096;

/**
 * Splits a stream at newlines. Holds one line and nothing else: memory is bounded by `longest`, and a longer line is
 * skipped with its beginning kept for the record.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  longest: number,
): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  let at = start;
  let tooLong = false;

  const hold = (part: Uint8Array): void => {
    bytes += part.byteLength;
    if (!tooLong) held.push(part);
    if (bytes > longest && !tooLong) {
      tooLong = true;
      held = [Buffer.from(Buffer.concat(held).subarray(0, HEAD))];
    }
  };
  const take = (whole: boolean): Line => {
    const line: Line = {
      bytes: held.length === 1 ? (held[0] as Uint8Array) : Buffer.concat(held),
      end: at,
      whole,
      ...(tooLong && { tooLong }),
    };
    held = [];
    bytes = 0;
    tooLong = false;
    return line;
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, newline));
      at += newline + 1 - from;
      from = newline + 1;
      yield take(true);
    }
    const rest = chunk.subarray(from);
    at += rest.byteLength;
    if (rest.byteLength > 0) hold(rest);
  }
  if (bytes > 0) yield take(false);
}
