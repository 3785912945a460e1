import * as fc from 'fast-check';
import { test } from 'vitest';
import { samples } from '../support/samples.ts';
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
  const batch = await runBatch(trial);
  const raw = batch.results.map((file) => readLines(file, trial.manifest.model));
  const expected = computeExpected(
    trial,
    batch.results.map((file, at) => describeFile(file, raw[at] ?? [])),
  );
  expectOneRecordEach(batch, trial);
  expectAsModelled(batch, raw, expected);
  await expectAllImagesKept(batch, raw.flat());
  expectNothingElsewhere(batch);
  expectRoundsThatShrink(expected, batch);
  expectAllCosts(batch, raw.flat());
  expectAnomalies(batch, raw);
}

// LINE_FAULTS="RUNS SEED" runs more or other trials.
const [RUNS = samples(10, 70), SEED = 20261123] = (process.env['LINE_FAULTS'] ?? '')
  .split(' ')
  .filter(Boolean)
  .map(Number);
/** The limit for shrinking a counterexample, so that it is printed before the time-out of the test. */
const SHRINK_MS = 30_000;

test('each output has one record and no billed image is lost, under all line, result and download faults', {
  timeout: RUNS * 1000 + 2 * SHRINK_MS,
}, async () => {
  await fc.assert(fc.asyncProperty(trials, expectAllPromisesKept), {
    ...{ numRuns: RUNS, seed: SEED },
    ...{ interruptAfterTimeLimit: RUNS * 1000 + SHRINK_MS, markInterruptAsFailure: true },
  });
});

test.each([0, 100, 20_000])(
  'no line is lost if a result file ends twice after %i bytes as if it were complete',
  (afterBytes) =>
    expectAllPromisesKept({
      manifest: buildManifest([item('a'), item('b')]),
      plan: { faults: [{ fault: 'download.short', afterBytes, times: 2 }] },
    }),
);
