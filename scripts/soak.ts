/**
 * `npm run soak -- TRIALS SEED`: kills workers, commands and servers at random moments, and checks each time that the batch
 * ends like an undisturbed one. Every second seed also is a storm: lost answers, a blind LIST, jobs that ignore their cancellation,
 * wrong clocks and restored stores, of which the batch must keep its promises. Prints one line for each. After a failure it exits
 * with 1 and prints the seed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pMap from 'p-map';
import { startTemporal } from '../src/local/index.ts';
import { findKilledSteps } from '../test/support/crash/killed-steps.ts';
import { prepareTrials, runTrial, type TrialOutcome } from '../test/support/crash/run-trial.ts';
import { buildTrial, describeTrial, type Trial } from '../test/support/crash/trial.ts';
import { temporalCliPath } from '../test/support/servers.ts';
import { runStorm } from '../test/support/storm/run-storm.ts';
import { buildStorm, describeStorm, type Storm } from '../test/support/storm/storm.ts';

/** Trials mostly wait, so two cores can run four. */
const CONCURRENCY = 4;

const [trials = 120, seed = 1] = process.argv.slice(2).map(Number);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const directory = await mkdtemp(join(tmpdir(), 'hummingbatch-soak-'));
const temporal = await startTemporal({
  ...{ directory, cli: await temporalCliPath(), namespace: 'default', searchAttributes: {} },
  ...{ retentionHours: 24, env: process.env, log: print },
});
try {
  const setup = await prepareTrials(temporal.address);
  const killsByStep = new Map<string, number>();
  const failed: number[] = [];
  const seeds = Array.from({ length: trials }, (_, n) => seed + n);
  await pMap(seeds, (seed) => attempt(buildTrial(seed)), { concurrency: CONCURRENCY });
  const storms = seeds.filter((seed) => seed % 2 === 1).map(buildStorm);
  await pMap(storms, weather, { concurrency: CONCURRENCY });

  async function weather(storm: Storm): Promise<void> {
    const problems = await runStorm(storm, temporal.address).catch((error: unknown) => [String(error)]);
    print(`${describeStorm(storm)}: ${problems[0] ?? 'every promise kept'}`);
    if (problems.length > 0) failed.push(storm.seed);
  }

  async function attempt(trial: Trial): Promise<void> {
    const steps: string[] = [];
    const inspect = async (store: string, went: TrialOutcome) =>
      void steps.push(...(await findKilledSteps(store, temporal.address, trial, went)));
    try {
      const { executed, seconds, problems } = await runTrial(trial, setup, inspect);
      for (const [n, { victim }] of executed.entries()) count(killsByStep, `${victim} in ${steps[n]}`);
      const summary = steps.length > 0 ? `killed in ${steps.join(', ')}` : 'no kill';
      print(
        `${describeTrial(trial)}: ${summary}; ${problems[0] ?? 'no difference'}; ${seconds.toFixed(1)} s`,
      );
      if (problems.length > 0) failed.push(trial.seed);
      for (const problem of problems.slice(1, 5)) print(`  ${problem}`);
    } catch (error) {
      failed.push(trial.seed);
      print(`${describeTrial(trial)}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  const total = [...killsByStep.values()].reduce((sum, count) => sum + count, 0);
  print(`\n${trials} trials, ${total} kills, ${storms.length} storms, ${failed.length} failures`);
  for (const [what, count] of [...killsByStep].sort(([, one], [, other]) => other - one))
    print(`${count} × ${what}`);
  for (const seed of failed) print(`Repeat it: npm run soak -- 1 ${seed}`);
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  await temporal.release();
  await rm(directory, { recursive: true, force: true });
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
