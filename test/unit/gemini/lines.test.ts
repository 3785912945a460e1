import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Line, splitLines } from '../../../src/gemini/lines.ts';
import { property } from '../../support/property.ts';

async function* cut(bytes: Buffer, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const sorted = [0, ...[...places].sort((one, other) => one - other), bytes.length];
  for (let n = 1; n < sorted.length; n++) yield bytes.subarray(sorted[n - 1], sorted[n]);
}

async function readLines(
  bytes: Buffer,
  places: readonly number[] = [],
  start = 0,
  longest = 1e6,
): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of splitLines(cut(bytes, places), start, longest)) {
    lines.push({ ...line, bytes: Buffer.from(line.bytes) });
  }
  return lines;
}

const file = fc
  .array(fc.constantFrom('\n', '\r\n', 'a', '{"key":"ü#1"}', '\n\n', 'x'.repeat(50)), { maxLength: 30 })
  .map((parts) => Buffer.from(parts.join('')));
const split = file.chain((bytes) =>
  fc.tuple(fc.constant(bytes), fc.array(fc.nat({ max: bytes.length }), { maxLength: 20 })),
);

property([split, fc.nat({ max: 1e9 })])(
  'the lines are the same wherever the bytes are cut, and so is where each ends',
  async ([bytes, places], start) => {
    const lines = await readLines(bytes, places, start);
    const texts = bytes.toString().split('\n');
    if (texts.at(-1) === '') texts.pop();
    expect(lines.map((line) => line.bytes.toString())).toEqual(texts);
    for (const [n, { end }] of lines.entries()) {
      const before = Buffer.from(texts.slice(0, n + 1).join('\n')).length;
      expect(end - start).toBe(Math.min(before + 1, bytes.length));
    }
    expect(lines.map(({ hasNewline }) => hasNewline)).toEqual(
      texts.map((_, n) => n < texts.length - 1 || bytes.at(-1) === 0x0a),
    );
  },
);

property([split])('who begins at the end of a line gets the lines behind it', async ([bytes, places]) => {
  const all = await readLines(bytes);
  for (const [n, { end }] of all.entries()) {
    expect(
      await readLines(
        bytes.subarray(end),
        places.filter((place) => place <= bytes.length - end),
        end,
      ),
    ).toEqual(all.slice(n + 1));
  }
});

test('keeps only the beginning of a line that is too long, and the whole next line', async () => {
  const bytes = Buffer.from(`one\n${'x'.repeat(100_000)}\ntwo\n`);
  const places = Array.from({ length: 100 }, (_, n) => n * 1000);
  const lines = await readLines(bytes, places, 0, 10_000);
  expect(lines.map(({ tooLong }) => tooLong)).toEqual([undefined, true, undefined]);
  expect(lines[1]?.bytes.length).toBeLessThanOrEqual(4096);
  expect(lines[1]?.end).toBe(100_005);
  expect(lines[2]).toEqual({ bytes: Buffer.from('two'), end: bytes.length, hasNewline: true });
});

test('keeps a line of the maximum length', async () => {
  const [line] = await readLines(Buffer.from(`${'x'.repeat(100)}\n`), [33], 0, 100);
  expect(line).toMatchObject({ hasNewline: true, end: 101 });
  expect(line?.tooLong).toBeUndefined();
});

test('keeps only a bounded beginning of a line without an end', async () => {
  // 400 MB in pieces of 1 MB that are all the same memory.
  const piece = Buffer.alloc(1 << 20, 'x');
  const endless = async function* () {
    for (let n = 0; n < 400; n++) yield piece;
  };
  const lines: Line[] = [];
  const before = process.memoryUsage().arrayBuffers;
  for await (const line of splitLines(endless(), 0, 4 << 20)) lines.push(line);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  expect(lines).toMatchObject([{ tooLong: true, hasNewline: false, end: 400 << 20 }]);
});
