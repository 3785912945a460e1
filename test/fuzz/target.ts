import * as fc from 'fast-check';

/** Something that takes what strangers write, and what must hold whatever they wrote. */
export interface Target {
  name: string;
  /** Tries it with random values; answers with the counterexample, its seed and the reason where it does not hold. */
  counterexample: (trial: Trial) => Promise<string | undefined>;
}

export interface Trial {
  seed: number;
  runs: number;
}

/** @param holds throws where it does not */
export function target<Value>(
  name: string,
  values: fc.Arbitrary<Value>,
  holds: (value: Value) => void | Promise<void>,
): Target {
  const property = fc.asyncProperty(values, async (value) => {
    await holds(value);
  });
  return {
    name,
    async counterexample({ seed, runs }) {
      const details = await fc.check(property, { seed, numRuns: runs });
      return details.failed ? fc.defaultReportMessage(details) : undefined;
    },
  };
}
