import * as fc from 'fast-check';
import { test } from 'vitest';

type Arbitraries<Values> = { [At in keyof Values]: fc.Arbitrary<Values[At]> };
type Holds<Values extends unknown[]> = (...values: Values) => void | Promise<void>;

/**
 * A test of something that holds for all values: `property([values, …])('name', (value, …) => …)`. The error of one that
 * fails has fast-check's seed and path. Not `@fast-check/vitest`, whose import alone takes 2 s of CPU in each test file.
 *
 * @param runs fast-check's own number where none is named: 100
 */
export function property<Values extends [unknown, ...unknown[]]>(values: Arbitraries<Values>, runs = 100) {
  return (name: string, holds: Holds<Values>): void =>
    // oxlint-disable-next-line vitest/valid-title -- the caller's, typed as a string
    test(name, () => expectForAll(values, holds, runs));
}

function expectForAll<Values extends [unknown, ...unknown[]]>(
  values: Arbitraries<Values>,
  holds: Holds<Values>,
  numRuns: number,
): Promise<void> {
  const holdsForOne = async (...drawn: Values): Promise<void> => holds(...drawn);
  return fc.assert(fc.asyncProperty(...values, holdsForOne), { numRuns });
}
