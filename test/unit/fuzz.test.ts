import { describe, expect, test } from 'vitest';
import { TARGETS } from '../fuzz/targets.ts';
import { samples } from '../support/samples.ts';

const SEED = 20261124;

describe('fuzzing untrusted input', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))(
    '%s',
    async (_, { findCounterexample }) => {
      expect(await findCounterexample({ seed: SEED, runs: samples(50, 500) })).toBeUndefined();
    },
  );
});
