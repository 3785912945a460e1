import * as fc from 'fast-check';
import { test } from 'vitest';
import { buildManifest, item } from './activities-kit.ts';
import { type Trial, trials } from './line-faults-batches.ts';
import {
  expectAllCosts,
  expectAllImagesKept,
  expectAnomalies,
  expectAsModelled,
  expectNothingElsewhere,
  expectOneRecordEach,
  expectRoundsThatShrink,
} from './line-faults-checks.ts';
import { describeFile, readLines } from './line-faults-lines.ts';
import { computeExpected } from './line-faults-model.ts';
import { runBatch } from './line-faults-run.ts';

async function expectAllPromisesKept(trial: Trial): Promise<void> {
  const left = await runBatch(trial);
  const raw = left.results.map((file) => readLines(file, trial.manifest.model));
  const expected = computeExpected(
    trial,
    left.results.map((file, at) => describeFile(file, raw[at] ?? [])),
  );
  expectOneRecordEach(left, trial);
  expectAsModelled(left, raw, expected);
  await expectAllImagesKept(left, raw.flat());
  expectNothingElsewhere(left);
  expectRoundsThatShrink(expected, left);
  expectAllCosts(left, raw.flat());
  expectAnomalies(left, raw);
}

// More of them: LINE_FAULTS="RUNS SEED".
const [RUNS = 70, SEED = 20261123] = (process.env['LINE_FAULTS'] ?? '')
  .split(' ')
  .filter(Boolean)
  .map(Number);
/** A counterexample is made smaller for this long at most, and told before the test itself is out of time. */
const SHRINK_MS = 30_000;

test('under all line, result and download faults each output has one record, and no image that was billed is lost', {
  timeout: RUNS * 1000 + 2 * SHRINK_MS,
}, async () => {
  await fc.assert(fc.asyncProperty(trials, expectAllPromisesKept), {
    ...{ numRuns: RUNS, seed: SEED },
    ...{ interruptAfterTimeLimit: RUNS * 1000 + SHRINK_MS, markInterruptAsFailure: true },
  });
});

test.each([0, 100, 20_000])(
  'results that end twice after %i bytes, as if that were all, lose nothing',
  (afterBytes) =>
    expectAllPromisesKept({
      manifest: buildManifest([item('a'), item('b')]),
      plan: { faults: [{ fault: 'download.short', afterBytes, times: 2 }] },
    }),
);
