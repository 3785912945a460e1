import { beforeAll, describe, expect, inject, test } from 'vitest';
import { prepareTrials, runTrial, type TrialOutcome, type TrialSetup } from '../support/crash/run-trial.ts';
import { buildTrial, describeTrial, type Victim } from '../support/crash/trial.ts';
import { samples } from '../support/samples.ts';

/** These seeds cover each victim and each kind of moment, the first three each victim. `npm run soak` runs any number of others. */
const SEEDS = [22, 8, 28, 5, 10, 12, 14, 16, 25, 27, 29, 31].slice(0, samples(3, 12));
const VICTIMS: readonly Victim[] = ['worker', 'run', 'server', 'run and server'];

describe('a batch whose processes are killed at random moments', () => {
  let setup: Required<TrialSetup>;
  const kills: TrialOutcome['executed'] = [];

  beforeAll(async () => {
    setup = await prepareTrials(inject('temporal'));
  }, 120_000);

  test.concurrent.each(SEEDS.map(buildTrial).map((trial) => [describeTrial(trial), trial] as const))(
    'ends like an undisturbed one, with one job per round: %s',
    async (_, trial) => {
      const outcome = await runTrial(trial, setup);
      expect(outcome.problems).toEqual([]);
      kills.push(...outcome.executed);
    },
    450_000,
  );

  test('was really killed in these trials', () => {
    for (const victim of VICTIMS) expect(kills.map((kill) => kill.victim)).toContain(victim);
    expect(kills.length).toBeGreaterThan(SEEDS.length);
  });
});
