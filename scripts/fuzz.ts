/**
 * Fuzzes everything that reads untrusted input: `npm run fuzz -- SECONDS SEED WORD`. It runs all targets in turn. Defaults:
 * one minute, a seed from the clock. WORD selects the targets whose name contains it. A counterexample ends it with exit
 * code 1 and prints the command that repeats it.
 */
import { TARGETS } from '../test/fuzz/targets.ts';

/** Runs per target and turn: some seconds at most for the slowest. */
const RUNS = 500;

const [seconds = '60', from = String(Date.now() % 2 ** 31), word = ''] = process.argv.slice(2);
const targets = TARGETS.filter(({ name }) => name.includes(word));
const end = Date.now() + Number(seconds) * 1000;
if (!(Number(seconds) > 0) || !Number.isSafeInteger(Number(from)) || targets.length === 0) {
  console.error(
    `usage: npm run fuzz -- SECONDS SEED WORD; targets:\n${TARGETS.map(({ name }) => `  ${name}`).join('\n')}`,
  );
  process.exit(2);
}

let runs = 0;
for (let seed = Number(from); Date.now() < end; seed += 1) {
  for (const { name, findCounterexample } of targets) {
    const counterexample = await findCounterexample({ seed, runs: RUNS });
    if (counterexample !== undefined) {
      console.error(`${name}\n${counterexample}\nRepeat it: npm run fuzz -- 1 ${seed} '${name}'`);
      process.exit(1);
    }
    runs += RUNS;
  }
}
console.log(`${runs} runs of ${targets.length} targets, from seed ${from}: no counterexample`);
