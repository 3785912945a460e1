import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** A line of a file without its newline, with its offset and length in bytes. */
export interface Line {
  offset: number;
  length: number;
  text: string;
}

const NEWLINE = 0x0a;

/** Reads the lines of a file that are not blank, one at a time. */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let pieces: Buffer[] = [];
  let offset = 0;

  function* endLine(): Generator<Line> {
    const bytes = Buffer.concat(pieces);
    const text = bytes.toString('utf8');
    if (text.trim() !== '') yield { offset, length: bytes.length, text };
    offset += bytes.length + 1;
    pieces = [];
  }

  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to !== -1; to = chunk.indexOf(NEWLINE, from)) {
      pieces.push(chunk.subarray(from, to));
      yield* endLine();
      from = to + 1;
    }
    pieces.push(chunk.subarray(from));
  }
  yield* endLine();
}

/** Reads a line again. */
export async function readLine(path: string, { offset, length }: Omit<Line, 'text'>): Promise<string> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(length);
    await file.read(bytes, 0, length, offset);
    return bytes.toString('utf8');
  } finally {
    await file.close();
  }
}
