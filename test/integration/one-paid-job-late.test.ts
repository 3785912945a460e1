import { beforeAll, describe, expect, test } from 'vitest';
import { AT_CREATE, findNotOnePaid, OUTPUTS, type Outcome, runTrials } from './submission-trials.ts';

/** Google bills an image of 1K with so many tokens. */
const TOKENS_PER_IMAGE = 1120;

describe('60 submissions of which LIST tells long after its window', () => {
  let outcomes: Outcome[];
  beforeAll(async () => {
    ({ outcomes } = await runTrials({
      kind: 'late',
      count: 60,
      atCreate: AT_CREATE,
      unlisted: { least: 95_000, most: 540_000 },
      // So long that a straggler is found while it runs: it is looked for after 10 minutes.
      jobSeconds: 1200,
    }));
  }, 300_000);

  const stragglers = () =>
    outcomes.flatMap(({ jobs, report }) => jobs.flatMap((job) => (job.cancelled ? [{ job, report }] : [])));

  test('go on with one job each; a second one is cancelled', () => {
    expect(findNotOnePaid(outcomes)).toEqual([]);
    expect(stragglers().length).toBeGreaterThan(5);
  });

  test('name the second job in the report, with what was done about it', () => {
    for (const { job, report } of stragglers()) {
      expect(report.jobs.map(({ name }) => name)).toContain(job.name);
      expect(report.anomalies).toContainEqual(
        expect.stringMatching(`^The job ${job.name} came to light beside .* and was cancelled.$`),
      );
    }
  });

  test('keep and count every image that either job finished', () => {
    expect(stragglers().some(({ job }) => job.imagesBilled > 0)).toBe(true);
    for (const { id, jobs, records } of outcomes) {
      expect(records.map(({ outcome }) => outcome)).toEqual(Array.from({ length: OUTPUTS }, () => 'image'));
      const tokens = records.reduce((sum, { usage }) => sum + (usage?.image ?? 0), 0);
      const billed = jobs.reduce((sum, { imagesBilled }) => sum + imagesBilled, 0);
      expect(tokens / TOKENS_PER_IMAGE, id).toBe(billed);
    }
  });
});
