import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export type Bounded =
  | { kind: 'content'; content: Buffer }
  /** A folder, a named pipe, a device. */
  | { kind: 'no-file' }
  | { kind: 'too-large'; bytes: number };

/** A named pipe would be waited for, until somebody writes. Windows has neither. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const PIECE = 64 * 1024;

/**
 * A file of at most so many bytes. It is counted as it is read, because what a file says of its size need not be so: it
 * may grow meanwhile, and those of /proc say 0.
 *
 * @throws the operating system's error where it cannot be opened
 */
export async function readBounded(path: string, most: number): Promise<Bounded> {
  const file = await open(path, FLAGS);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: 'no-file' };
    return stats.size > most
      ? { kind: 'too-large', bytes: stats.size }
      : await readAtMost(file, stats.size, most);
  } finally {
    await file.close();
  }
}

async function readAtMost(file: FileHandle, expected: number, most: number): Promise<Bounded> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for (let length = Math.max(expected + 1, PIECE); bytes <= most; length = PIECE) {
    const piece = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(piece, 0, length, null);
    if (bytesRead === 0) return { kind: 'content', content: Buffer.concat(pieces) };
    pieces.push(piece.subarray(0, bytesRead));
    bytes += bytesRead;
  }
  return { kind: 'too-large', bytes };
}
