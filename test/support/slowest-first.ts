import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Projects, in the order in which they run: a worker is reused within its project only. */
const PROJECTS = ['integration', 'unit', 'unit with mocks'];

/**
 * The files that take longest, slowest first: the last of them to begin ends last. Those that need the CPU alternate with
 * those that wait, so that neither fill all workers. `npm test` prints how long each takes; the order of the others does not
 * matter.
 */
const SLOWEST = [
  'integration/operations.test.ts',
  'integration/kill-worker.test.ts',
  'browser/temporal-ui.test.ts',
  'integration/schedules.test.ts',
  'integration/cli-interrupted.test.ts',
  'integration/one-paid-job-frozen.test.ts',
  'integration/crash-anywhere.test.ts',
  'integration/notify.test.ts',
  'integration/cli-run.test.ts',
  'integration/client-docs.test.ts',
  'workflow/stopping.test.ts',
  'integration/store-trouble.test.ts',
  'integration/hostile-input.test.ts',
  'integration/one-paid-job-killed.test.ts',
  'workflow/submitting.test.ts',
  'integration/metrics.test.ts',
  'integration/local-server.test.ts',
  'integration/webhooks-in.test.ts',
  'workflow/job-ends.test.ts',
  'integration/make-images.test.ts',
  'integration/cli-api.test.ts',
  'integration/frozen-worker.test.ts',
  'workflow/notify.test.ts',
  'integration/operating.test.ts',
  'integration/server-killed.test.ts',
  'integration/retry-twice.test.ts',
  'integration/package.test.ts',
  'integration/wrong-worker.test.ts',
  'integration/cli-leaks.test.ts',
  'integration/stopping.test.ts',
  'integration/cli-usage.test.ts',
  'integration/upgrade.test.ts',
  'integration/any-language.test.ts',
  'integration/emulator-python.test.ts',
];

/** Begins with the slowest files, so that no core is idle while one of them runs alone at the end. */
export class SlowestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return [...files].sort((one, other) => rank(one) - rank(other));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const place = SLOWEST.findIndex((file) => moduleId.endsWith(`/test/${file}`));
  return PROJECTS.indexOf(project.name) * 1000 + (place < 0 ? SLOWEST.length : place);
}
