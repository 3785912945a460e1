import { defineConfig } from 'vitest/config';
import { reportDurations } from './test/support/durations.ts';
import { SlowestFirst } from './test/support/slowest-first.ts';

/** Files that replace modules: what others have loaded before must not be there. */
const WITH_MOCKS = ['test/unit/store/power-cut.test.ts'];

export default defineConfig({
  test: {
    // One more than the two cores of the smallest machine it is for: half of the time is waiting for other processes.
    maxWorkers: 3,
    // Files share a worker's modules: to load them again costs 1 to 3 s of CPU for each file, more than most tests.
    isolate: false,
    sequence: { sequencer: SlowestFirst },
    reporters: ['default', reportDurations()],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          exclude: WITH_MOCKS,
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      { extends: true, test: { name: 'unit with mocks', include: WITH_MOCKS, isolate: true } },
      {
        extends: true,
        test: {
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          // One project, for each would start a Temporal server of its own.
          include: ['test/{integration,browser}/**/*.test.ts'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
