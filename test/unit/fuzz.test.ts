import { describe, expect, test } from 'vitest';
import { TARGETS } from '../fuzz/targets.ts';

const SEED = 20261124;

describe('whatever strangers write', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))('%s', async (_, { counterexample }) => {
    expect(await counterexample({ seed: SEED, runs: 500 })).toBeUndefined();
  });
});
