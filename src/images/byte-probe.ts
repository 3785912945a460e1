/** A part of a file. Near the end of the file, fewer bytes are returned. */
export interface Part {
  at: number;
  length: number;
}

/**
 * A reader that asks for parts of a file one by one. The same probe works on bytes in memory and on files that must not
 * be read completely.
 */
export type ByteProbe<Result> = Generator<Part, Result, Uint8Array>;

/** Runs a probe on bytes. */
export function probeBytes<Result>(bytes: Uint8Array, probe: ByteProbe<Result>): Result {
  let step = probe.next();
  while (!step.done) {
    const { at, length } = step.value;
    step = probe.next(bytes.subarray(at, at + length));
  }
  return step.value;
}

/** How many bytes are read at once: a hostile file can make a probe ask for millions of parts of four bytes. */
const WINDOW = 64 * 1024;

/** Runs a probe on a file that is read in parts. */
export async function probeReader<Result>(
  read: (at: number, length: number) => Promise<Uint8Array>,
  probe: ByteProbe<Result>,
): Promise<Result> {
  let window: { at: number; bytes: Uint8Array } = { at: 0, bytes: new Uint8Array() };
  let step = probe.next();
  while (!step.done) {
    const { at, length } = step.value;
    const isHeld = at >= window.at && at + length <= window.at + window.bytes.length;
    if (!isHeld) window = { at, bytes: await read(at, Math.max(length, WINDOW)) };
    step = probe.next(window.bytes.subarray(at - window.at, at - window.at + length));
  }
  return step.value;
}
