import { beforeAll, describe, expect, test } from 'vitest';
import { samples } from '../support/samples.ts';
import { AT_CREATE, findNotOnePaid, OUTPUTS, type Outcome, runTrials } from './submission-trials.ts';

/** The number of tokens that Google bills for a 1K image. */
const TOKENS_PER_IMAGE = 1120;

const COUNT = samples(12, 60);

describe(`${COUNT} submissions whose jobs LIST shows long after the window`, () => {
  let outcomes: Outcome[];
  beforeAll(async () => {
    ({ outcomes } = await runTrials({
      kind: 'late',
      count: COUNT,
      atCreate: AT_CREATE,
      unlisted: { least: 95_000, most: 540_000 },
      // Long enough that a straggler is found while it runs: the batch looks for it after 10 minutes.
      jobSeconds: 1200,
    }));
  }, 300_000);

  const stragglers = () =>
    outcomes.flatMap(({ jobs, report }) => jobs.flatMap((job) => (job.cancelled ? [{ job, report }] : [])));

  test('continue with one job per batch; a second job is cancelled', () => {
    expect(findNotOnePaid(outcomes)).toEqual([]);
    expect(stragglers().length).toBeGreaterThan(samples(0, 5));
  });

  test('report the second job and its cancellation', () => {
    for (const { job, report } of stragglers()) {
      expect(report.jobs.map(({ name }) => name)).toContain(job.name);
      expect(report.anomalies).toContainEqual(
        expect.stringMatching(`^The job ${job.name} was found beside .* and was cancelled.$`),
      );
    }
  });

  test('keep and count every image that either job has finished', () => {
    expect(stragglers().some(({ job }) => job.imagesBilled > 0)).toBe(true);
    for (const { id, jobs, records } of outcomes) {
      expect(records.map(({ outcome }) => outcome)).toEqual(Array.from({ length: OUTPUTS }, () => 'image'));
      const tokens = records.reduce((sum, { usage }) => sum + (usage?.image ?? 0), 0);
      const billed = jobs.reduce((sum, { imagesBilled }) => sum + imagesBilled, 0);
      expect(tokens / TOKENS_PER_IMAGE, id).toBe(billed);
    }
  });
});
