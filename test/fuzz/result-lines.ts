import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import * as fc from 'fast-check';
import { measureImage } from '../../src/activities/collecting/image.ts';
import { type Expectation, type LineResult, parseLine } from '../../src/activities/collecting/line.ts';
import { planOutputs } from '../../src/batch/plan.ts';
import { judgeLine, readKey } from '../../src/batch/verdict.ts';
import { FLAGS, type Manifest, REASONS } from '../../src/contract/index.ts';
import { type Line, splitLines } from '../../src/gemini/index.ts';
import { bytesLike, jsonLike, PICTURES, resultLines } from './result-line-values.ts';
import { target } from './target.ts';

const MANIFEST: Manifest = {
  ...{ name: 'fuzz', model: 'gemini-3-pro-image', references: {}, run: {} },
  items: ['hero', 'Füße', '東'.repeat(100), '__proto__'].map((key, at) => ({
    ...{ key, prompt: 'a lake', imageSize: '1K', count: at === 0 ? 2 : 1, references: [] },
    ...(at === 1 && { aspectRatio: '16:9' }),
  })),
};
const PLAN = planOutputs(MANIFEST);
const MAX_LINE = 40;
const STRAY = /^images\/stray~[0-9a-f]{16}\.(jpg|png|webp)$/;

export const RESULT_LINES = [
  target('lines are the same for every way their bytes are split', cutFiles(), async ({ pieces, places }) => {
    const bytes = Buffer.from(pieces.join(''));
    const lines = await readLines(bytes, places, MAX_LINE);
    assert.deepEqual(
      lines.map(withoutLongBytes),
      (await readLines(bytes, [], MAX_LINE)).map(withoutLongBytes),
    );
    assert.equal(lines.at(-1)?.end ?? 0, bytes.length);
  }),

  target('every parsed line gets a verdict', jsonLike, (line) => {
    const verdict = judgeLine(line);
    readKey(line);
    if (verdict.kind === 'image') assert.notEqual(verdict.data, '');
    else assert.ok(REASONS.includes(verdict.reason));
    if (verdict.kind === 'none') assertSafeText(verdict.message, 500);
    assertSafeText(verdict.text, 2000);
    for (const count of Object.values(verdict.usage ?? {}))
      assert.ok(Number.isSafeInteger(count) && count >= 0);
  }),

  target(
    'lines give bounded answers and anomalies, and only files of the plan',
    fc.array(resultLines(PLAN.map(({ output }) => output)), { minLength: 1, maxLength: 6 }),
    (lines) => {
      const expected = expectation();
      const files = new Map<string, Uint8Array>();
      for (const line of lines) {
        const taken = parseLine(line, expected);
        // No line is dropped silently.
        assert.ok(taken.answers.length + taken.anomalies.length > 0);
        assertBounded(taken);
        for (const { key, data } of taken.images) {
          const isStray = STRAY.test(key);
          assert.ok(isStray || !files.has(key), `${key} is written twice`);
          // Its name is its hash, so writing it again changes nothing.
          if (isStray) assert.deepEqual(files.get(key) ?? data, data);
          files.set(key, data);
        }
        assertFiles(taken, files);
      }
    },
  ),

  target(
    'a result file gives the same result for every way its bytes are split',
    fc.tuple(
      fc.array(resultLines(PLAN.map(({ output }) => output)), { maxLength: 6 }),
      fc.array(fc.nat({ max: 5000 }), { maxLength: 20 }),
    ),
    async ([lines, places]) => {
      const bytes = Buffer.concat(lines.flatMap((line) => [line, Buffer.from('\n')]));
      const take = async (cuts: number[]) => {
        const expected = expectation();
        return (await readLines(bytes, cuts, 1e6)).map((line) => parseLine(line.bytes, expected));
      };
      assert.deepEqual(await take(places), await take([]));
    },
  ),

  target('bytes are measured as an image or rejected', bytesLike(PICTURES), (bytes) => {
    const measured = measureImage(bytes);
    if (!measured) return;
    assert.equal(measured.bytes, bytes.length);
    assert.ok(Number.isSafeInteger(measured.width) && measured.width > 0);
    assert.ok(Number.isSafeInteger(measured.height) && measured.height > 0);
  }),
];

function expectation(): Expectation {
  const outputs = PLAN.map((planned) => {
    const item = MANIFEST.items[planned.item];
    assert.ok(item);
    return [planned.output, { planned, item }] as const;
  });
  return {
    model: MANIFEST.model,
    round: 1,
    job: 'batches/b',
    outputs: new Map(outputs),
    images: new Map(),
    redactKey: (words) => words,
  };
}

function assertBounded({ answers, anomalies }: LineResult): void {
  for (const { output, outcome, flags, reason, message, text, costUsd } of answers) {
    assert.ok(PLAN.some((planned) => planned.output === output));
    assert.equal(outcome === 'image', reason === undefined);
    assert.ok(flags.every((flag) => FLAGS.includes(flag)));
    assertSafeText(message, 500);
    assertSafeText(text, 2000);
    assert.ok(Number.isFinite(costUsd) && costUsd >= 0);
  }
  for (const anomaly of anomalies) assertSafeText(anomaly, 150);
}

/** Every image of an answer exists, has a name of its output and has the recorded hash. */
function assertFiles({ answers }: LineResult, files: ReadonlyMap<string, Uint8Array>): void {
  for (const { output, image } of answers) {
    if (!image) continue;
    const stem = PLAN.find((planned) => planned.output === output)?.fileStem ?? '';
    const rest = image.file.slice(`images/${stem}`.length);
    assert.ok(
      image.file.startsWith(`images/${stem}`) && /^(~alt\d{1,3})?\.(jpg|png|webp)$/.test(rest),
      image.file,
    );
    const bytes = files.get(image.file);
    assert.ok(bytes, `${image.file} is named but was not written`);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), image.sha256);
  }
}

/** Contains no control characters but newline and tab, so that a terminal obeys nothing in it. */
function assertSafeText(words: string | undefined, longest: number): void {
  if (words === undefined) return;
  assert.ok(words.length > 0 && words.length <= longest);
  assert.doesNotMatch(words, /(?![\n\t])\p{Cc}/u);
}

function cutFiles() {
  const piece = fc.oneof(
    fc.constantFrom('\n', '\r\n', '\n\n', 'ü', 'x'.repeat(MAX_LINE), 'x'.repeat(MAX_LINE + 1)),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  return fc.record({
    pieces: fc.array(piece, { maxLength: 12 }),
    places: fc.array(fc.nat({ max: 10 * MAX_LINE }), { maxLength: 20 }),
  });
}

async function readLines(bytes: Buffer, places: readonly number[], longest: number) {
  const lines: Line[] = [];
  for await (const line of splitLines(cut(bytes, places), 0, longest)) {
    lines.push({ ...line, bytes: Buffer.from(line.bytes) });
  }
  return lines;
}

/** Drops the bytes of a line that is too long: only its end offset is promised. */
function withoutLongBytes({ bytes, ...rest }: Line): object {
  return rest.tooLong ? rest : { ...rest, bytes };
}

async function* cut(bytes: Buffer, places: readonly number[]): AsyncGenerator<Uint8Array> {
  const ends = [...places].sort((one, other) => one - other);
  for (const [at, end] of [...ends, bytes.length].entries())
    yield bytes.subarray(at === 0 ? 0 : ends[at - 1], end);
}
