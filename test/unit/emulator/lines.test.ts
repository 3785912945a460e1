import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLine, readLines } from '../../../src/emulator/files/lines.ts';
import { property } from '../../support/property.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emulator-lines-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function collectLines(text: string) {
  const path = join(folder, 'input.jsonl');
  await writeFile(path, text);
  const lines = [];
  for await (const line of readLines(path)) lines.push({ ...line, again: await readLine(path, line) });
  return lines;
}

describe('the lines of an input file', () => {
  property([fc.array(fc.string({ unit: 'grapheme' })), fc.boolean()], 30)(
    'are all that hold something, and each is found again by its place',
    async (parts, newlineAtEnd) => {
      const texts = parts.map((part) => part.replace(/\n/g, ' '));
      const lines = await collectLines(texts.join('\n') + (newlineAtEnd ? '\n' : ''));
      expect(lines.map((line) => line.text)).toEqual(texts.filter((text) => text.trim() !== ''));
      for (const { text, again } of lines) expect(again).toBe(text);
    },
  );

  it('can be longer than one read of the file', async () => {
    const long = 'é'.repeat(3_000_000);
    const lines = await collectLines(`first\n${long}\nlast`);
    expect(lines.map((line) => line.again)).toEqual(['first', long, 'last']);
  });
});
