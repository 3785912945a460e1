import { describe, expect, inject, test } from 'vitest';
import { samples } from '../support/samples.ts';
import { runStorm } from '../support/storm/run-storm.ts';
import { buildStorm, describeStorm } from '../support/storm/storm.ts';

const SEEDS = Array.from({ length: samples(3, 30) }, (_, n) => n + 1);

describe('a batch keeps its promises through lost answers, a blind list, wrong clocks, a kill and a restored store', () => {
  test.concurrent.each(SEEDS.map(buildStorm).map((storm) => [describeStorm(storm), storm] as const))(
    '%s',
    async (_, storm) => {
      expect(await runStorm(storm, inject('temporal'))).toEqual([]);
    },
    400_000,
  );
});
