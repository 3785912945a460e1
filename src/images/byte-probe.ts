/** A part of a file. Where the file ends before, less of it comes. */
export interface Part {
  at: number;
  length: number;
}

/**
 * A look into a file that asks for its parts one by one: the same one serves bytes that are there and files of which no
 * more than a part may be held.
 */
export type ByteProbe<Result> = Generator<Part, Result, Uint8Array>;

/** Looks into bytes. */
export function probeBytes<Result>(bytes: Uint8Array, probe: ByteProbe<Result>): Result {
  let step = probe.next();
  while (!step.done) {
    const { at, length } = step.value;
    step = probe.next(bytes.subarray(at, at + length));
  }
  return step.value;
}

/** Read at once, bytes: a hostile file may be looked at in millions of parts of four bytes. */
const WINDOW = 64 * 1024;

/** Looks into what can only be read in parts. */
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
