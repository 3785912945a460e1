import { beforeAll, describe, expect, inject, test } from 'vitest';
import { prepareTrials, runTrial, type TrialOutcome, type TrialSetup } from '../support/crash/run-trial.ts';
import { buildTrial, describeTrial, type Victim } from '../support/crash/trial.ts';

/** `npm run soak` plays as many others as are wanted; these hold each victim and each kind of moment. */
const SEEDS = [5, 8, 10, 12, 14, 16, 22, 25, 27, 28, 29, 31];
const VICTIMS: readonly Victim[] = ['worker', 'run', 'server', 'run and server'];

describe('a batch whose processes are killed at random moments', () => {
  let stage: Required<TrialSetup>;
  const struck: TrialOutcome['executed'] = [];

  beforeAll(async () => {
    stage = await prepareTrials(inject('temporal'));
  }, 120_000);

  test.concurrent.each(SEEDS.map(buildTrial).map((trial) => [describeTrial(trial), trial] as const))(
    'leaves what an undisturbed one leaves, with one job a round: %s',
    async (_, trial) => {
      const went = await runTrial(trial, stage);
      expect(went.problems).toEqual([]);
      struck.push(...went.executed);
    },
    450_000,
  );

  test('met the kills, so that this says something', () => {
    for (const victim of VICTIMS) expect(struck.map((kill) => kill.victim)).toContain(victim);
    expect(struck.length).toBeGreaterThan(SEEDS.length);
  });
});
