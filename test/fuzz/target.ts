import * as fc from 'fast-check';

/** A function that takes untrusted input, and a property that must hold for every input. */
export interface Target {
  name: string;
  /** Tries random values. Returns a counterexample with its seed and reason, or undefined if the property holds. */
  findCounterexample: (trial: Trial) => Promise<string | undefined>;
}

export interface Trial {
  seed: number;
  runs: number;
}

/** @param check throws if the property does not hold */
export function target<Value>(
  name: string,
  values: fc.Arbitrary<Value>,
  check: (value: Value) => void | Promise<void>,
): Target {
  const property = fc.asyncProperty(values, async (value) => {
    await check(value);
  });
  return {
    name,
    async findCounterexample({ seed, runs }) {
      const details = await fc.check(property, { seed, numRuns: runs });
      return details.failed ? fc.defaultReportMessage(details) : undefined;
    },
  };
}
