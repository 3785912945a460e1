import { beforeAll, describe, expect, test } from 'vitest';
import { samples } from '../support/samples.ts';
import { AT_CREATE, findNotOnePaid, type Outcome, runTrials, TWICE } from './submission-trials.ts';

const COUNT = samples(30, 300);

describe(`${COUNT} submissions whose answers are lost, late or refused, with workers that die during them`, () => {
  let outcomes: Outcome[];
  let faultCounts: Partial<Record<string, number>>;
  beforeAll(async () => {
    ({ outcomes, faultCounts } = await runTrials({
      kind: 'listed',
      count: COUNT,
      atCreate: [...AT_CREATE, TWICE],
      unlisted: { least: 20_000, most: 85_000 },
      jobSeconds: 360,
    }));
  }, 500_000);

  test('lead to one paid job per batch if LIST shows the job within its window', () => {
    expect(outcomes).toHaveLength(COUNT);
    expect(findNotOnePaid(outcomes)).toEqual([]);
  });

  test('create no second job, because the first one is always found', () => {
    expect(outcomes.filter(({ jobs, twice }) => !twice && jobs.length !== 1)).toEqual([]);
  });

  test.each([
    ['create.answer-lost', samples(0, 20)],
    ['create.cut', samples(0, 10)],
    ['create.refuse', samples(0, 30)],
    ['create.html', samples(0, 10)],
    ['create.garbage', samples(0, 10)],
    ['create.twice', samples(0, 10)],
    ['job.unlisted', samples(10, 200)],
    ['list.refuse', samples(0, 10)],
  ])('really met the fault %s more than %i times', (fault, times) => {
    expect(faultCounts[fault]).toBeGreaterThan(times);
  });
});
