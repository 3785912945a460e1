/**
 * Fuzzes all that takes what strangers write, one target after the other and round again: `npm run fuzz -- SECONDS SEED WORD`.
 * Without arguments a minute, from a seed of the clock; WORD limits it to targets whose name has it. A counterexample ends
 * it with 1, and its line names what runs it again.
 */
import { TARGETS } from '../test/fuzz/targets.ts';

/** So many at a time: some seconds at most, even of the slowest. */
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
  for (const { name, counterexample } of targets) {
    const found = await counterexample({ seed, runs: RUNS });
    if (found !== undefined) {
      console.error(`${name}\n${found}\nAgain: npm run fuzz -- 1 ${seed} '${name}'`);
      process.exit(1);
    }
    runs += RUNS;
  }
}
console.log(`${runs} runs of ${targets.length} targets, from seed ${from}: nothing found`);
