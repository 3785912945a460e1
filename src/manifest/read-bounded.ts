import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export type Bounded =
  | { kind: 'content'; content: Buffer }
  /** A folder, a named pipe, a device. */
  | { kind: 'no-file' }
  | { kind: 'too-large'; bytes: number };

/** Without O_NONBLOCK, opening a named pipe waits until another process writes. Windows has no such flag. */
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);
const CHUNK_BYTES = 64 * 1024;

/**
 * Reads a file of at most `maxBytes`. Bytes are counted while reading, because the reported size can be wrong: a file
 * may grow in the meantime, and files in /proc report 0.
 *
 * @throws the operating system's error if the file cannot be opened
 */
export async function readBounded(path: string, maxBytes: number): Promise<Bounded> {
  const file = await open(path, FLAGS);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return { kind: 'no-file' };
    return stats.size > maxBytes
      ? { kind: 'too-large', bytes: stats.size }
      : await readAtMost(file, stats.size, maxBytes);
  } finally {
    await file.close();
  }
}

async function readAtMost(file: FileHandle, expected: number, maxBytes: number): Promise<Bounded> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for (let length = Math.max(expected + 1, CHUNK_BYTES); bytes <= maxBytes; length = CHUNK_BYTES) {
    const chunk = Buffer.allocUnsafe(length);
    const { bytesRead } = await file.read(chunk, 0, length, null);
    if (bytesRead === 0) return { kind: 'content', content: Buffer.concat(chunks) };
    chunks.push(chunk.subarray(0, bytesRead));
    bytes += bytesRead;
  }
  return { kind: 'too-large', bytes };
}
