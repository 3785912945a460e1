/** A line of a stream of bytes, without its newline. */
export interface Line {
  bytes: Uint8Array;
  /** The offset of the byte after its newline: where to continue reading after this line. */
  end: number;
  /** Whether the line ends with a newline; only the last one can lack it. */
  hasNewline: boolean;
  /** The line was too long; `bytes` holds only its first 4096 bytes. */
  tooLong?: true;
}

const NEWLINE = 0x0a;
const KEPT_BYTES = 4096;

/**
 * Splits a stream at newlines. Keeps one line in memory, at most `maxBytes` of it. A longer line is skipped, and only
 * its beginning is kept.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  start: number,
  maxBytes: number,
): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  let at = start;
  let tooLong = false;

  const addPart = (part: Uint8Array): void => {
    bytes += part.byteLength;
    if (!tooLong) parts.push(part);
    if (bytes > maxBytes && !tooLong) {
      tooLong = true;
      parts = [Buffer.from(Buffer.concat(parts).subarray(0, KEPT_BYTES))];
    }
  };
  const endLine = (hasNewline: boolean): Line => {
    const line: Line = {
      bytes: parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts),
      end: at,
      hasNewline,
      ...(tooLong && { tooLong }),
    };
    parts = [];
    bytes = 0;
    tooLong = false;
    return line;
  };

  for await (const chunk of chunks) {
    let from = 0;
    for (let newline = chunk.indexOf(NEWLINE); newline >= 0; newline = chunk.indexOf(NEWLINE, from)) {
      addPart(chunk.subarray(from, newline));
      at += newline + 1 - from;
      from = newline + 1;
      yield endLine(true);
    }
    const rest = chunk.subarray(from);
    at += rest.byteLength;
    if (rest.byteLength > 0) addPart(rest);
  }
  if (bytes > 0) yield endLine(false);
}
