import { defineConfig } from 'vitest/config';
import { reportDurations } from './test/support/durations.ts';
import { samples } from './test/support/samples.ts';
import { SlowestFirst } from './test/support/slowest-first.ts';
import { chooseTemporary } from './test/support/temporary.ts';

const temporary = chooseTemporary();
// For the test processes, whose `os.tmpdir()` reads it.
if (temporary !== undefined) process.env['TMPDIR'] ??= temporary;

/** Files that replace modules: what others have loaded before must not be there. */
const WITH_MOCKS = ['test/unit/store/power-cut.test.ts'];

/**
 * Files share a worker's modules: loading them again takes 1 to 3 s of CPU for each file, more than most tests. With
 * TEMPORAL_DEBUG Temporal's workers run workflows in the thread of the test: a thread for each of them takes half a second of
 * CPU. Workers in processes of their own have their threads.
 */
const shared = {
  isolate: false,
  env: { TEMPORAL_DEBUG: '1' },
  expect: { poll: { timeout: 30_000, interval: 50 } },
};

// No project extends the root: it would have the root's maxWorkers, and --maxWorkers would change nothing (vitest 4.1.12).
export default defineConfig({
  test: {
    // Many tests wait for other processes: on two cores, 4 workers leave a quarter of the CPU idle, 6 a twentieth.
    maxWorkers: 6,
    sequence: { sequencer: SlowestFirst },
    reporters: ['default', reportDurations()],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: WITH_MOCKS,
          // Against tests that hang: a busy machine takes ten times as long, and all samples take minutes.
          testTimeout: samples(60_000, 240_000),
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'unit with mocks', include: WITH_MOCKS, testTimeout: 20_000 } },
      {
        test: {
          ...shared,
          name: 'integration',
          // One project: each would have a Temporal server and processes of its own.
          include: ['test/{integration,browser,workflow}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
