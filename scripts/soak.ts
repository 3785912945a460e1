/**
 * `npm run soak -- TRIALS SEED`: kills everything there is to kill at random moments, and looks each time whether the
 * batch ends as an undisturbed one. A line for each trial; ends with 1 at a failure, with the seed to repeat it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { startTemporal } from '../src/local/index.ts';
import { stepsHit } from '../test/support/crash/hits.ts';
import { openStage, play, type Went } from '../test/support/crash/stage.ts';
import { buildTrial, describeTrial, type Trial } from '../test/support/crash/trial.ts';
import { temporalCliPath } from '../test/support/servers.ts';

/** They mostly wait: two cores stand four. */
const AT_ONCE = 4;

const [trials = 120, seed = 1] = process.argv.slice(2).map(Number);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const directory = await mkdtemp(join(tmpdir(), 'hummingbatch-soak-'));
const temporal = await startTemporal({
  ...{ directory, cli: await temporalCliPath(), namespace: 'default', searchAttributes: {} },
  ...{ retentionHours: 24, env: process.env, log: print },
});
try {
  const stage = await openStage(temporal.address);
  const hits = new Map<string, number>();
  const failed: number[] = [];
  const seeds = Array.from({ length: trials }, (_, n) => seed + n);
  await pMap(seeds, (seed) => attempt(buildTrial(seed)), { concurrency: AT_ONCE });

  async function attempt(trial: Trial): Promise<void> {
    const steps: string[] = [];
    const look = async (store: string, went: Went) =>
      void steps.push(...(await stepsHit(store, temporal.address, trial, went)));
    try {
      const { struck, seconds, problems } = await play(trial, stage, look);
      for (const [n, { victim }] of struck.entries()) count(hits, `${victim} in ${steps[n]}`);
      const hit = steps.length > 0 ? `hit ${steps.join(', ')}` : 'struck nothing';
      print(`${describeTrial(trial)}: ${hit}; ${problems[0] ?? 'the same'}; ${seconds.toFixed(1)} s`);
      if (problems.length > 0) failed.push(trial.seed);
      for (const problem of problems.slice(1, 5)) print(`  ${problem}`);
    } catch (error) {
      failed.push(trial.seed);
      print(`${describeTrial(trial)}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  const total = [...hits.values()].reduce((sum, count) => sum + count, 0);
  print(`\n${trials} trials, ${total} kills, ${failed.length} failures`);
  for (const [what, count] of [...hits].sort(([, one], [, other]) => other - one))
    print(`${count} × ${what}`);
  for (const seed of failed) print(`Again: npm run soak -- 1 ${seed}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  await temporal.release();
  await rm(directory, { recursive: true, force: true });
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
