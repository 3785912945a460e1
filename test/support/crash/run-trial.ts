import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createEmulator } from '../../../src/emulator/index.ts';
import { openStore } from '../../../src/store/open.ts';
import { openDesk } from '../desk.ts';
import { createNoiseImage } from '../noise-image.ts';
import { checkResults } from './check-results.ts';
import { startProcesses, type TrialProcesses } from './processes.ts';
import { type Kill, LANDMARKS, type Trial } from './trial.ts';

/** Large enough that a kill can hit every step, small enough for many trials: two rounds, three checkpoints, 84 outputs. */
const RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '9:16', '16:9'];
const MANIFEST = {
  name: 'crash',
  model: 'nano-banana-pro',
  references: { one: 'one.png', two: 'two.png' },
  items: [
    ...RATIOS.map((aspectRatio, n) => ({
      ...{ key: `motif-${n}`, prompt: `Motif ${n}`, aspectRatio, count: 10 },
      references: ['one', 'two'],
    })),
    { key: 'later', prompt: 'The second time [fail once]', aspectRatio: '21:9', count: 3 },
    { key: 'never', prompt: 'Nothing [refuse]' },
  ],
};
const IMAGE_BYTES = 150_000;
const JOB_SECONDS = 1.5;
const POLL_MS = 15;
/** The longest trial takes one minute on an idle machine (it waits for a submission without an answer), five on a busy one. */
const TRIAL_TIMEOUT_MS = 400_000;

/** What all trials share. */
export interface TrialSetup {
  /** The address of a server that is not killed, for trials that kill only workers. */
  temporal: string;
  references: Record<string, Buffer>;
  /** The files of an undisturbed run. */
  baseline?: Record<string, string>;
}

/** The outcome of a trial. */
export interface TrialOutcome {
  batchId: string;
  /** The kills that happened before the batch ended; `at` is ms since 1970. */
  executed: (Kill & { at: number })[];
  seconds: number;
  tree: Record<string, string>;
  /** The broken promises; empty if there are none. */
  problems: string[];
}

/** Runs one batch without disturbance. All trials are compared with its results. */
export async function prepareTrials(temporal: string): Promise<Required<TrialSetup>> {
  const [one, two] = [await createNoiseImage(400), await createNoiseImage(300)];
  const setup = { temporal, references: { 'one.png': one, 'two.png': two } };
  const { tree, problems } = await runTrial({ seed: 0, profile: 'own', kills: [], faults: [] }, setup);
  if (problems.length > 0) throw new Error(`The undisturbed run failed: ${problems.join('\n')}`);
  return { ...setup, baseline: tree };
}

/**
 * Runs a trial: a batch in its own folder, whose processes are killed and started again until it ends.
 *
 * @param inspect called at the end, while the store still exists
 */
export async function runTrial(
  trial: Trial,
  setup: TrialSetup,
  inspect: (store: string, outcome: TrialOutcome) => Promise<void> = async () => undefined,
): Promise<TrialOutcome> {
  const emulator = await createEmulator({
    ...{ jobSeconds: JOB_SECONDS, images: 'plain', imageBytes: IMAGE_BYTES },
    faults: { seed: trial.seed, faults: trial.faults },
  });
  const desk = await openDesk({
    GEMINI_API_KEY: 'any',
    HUMMINGBATCH_GEMINI_URL: emulator.url,
    HUMMINGBATCH_CHECK_INTERVAL: '1s',
    HUMMINGBATCH_SUBMIT_WINDOW: '1s',
  });
  const began = Date.now();
  try {
    for (const [name, bytes] of Object.entries(setup.references))
      await writeFile(join(desk.folder, name), bytes);
    await desk.write('m.yaml', JSON.stringify(MANIFEST));
    await mkdir(join(desk.folder, 'hummingbatch'));
    const processes = await startProcesses(desk, trial, setup.temporal);
    const timeout = setTimeout(() => processes.abort(), TRIAL_TIMEOUT_MS);
    const executed = await executeKills(trial.kills, processes, desk.folder);
    const ended = await processes.end();
    clearTimeout(timeout);
    const store = await openStore(join(desk.folder, 'hummingbatch'));
    const verdict = await checkResults({ store, ended, ledger: await emulator.ledger() }, setup.baseline);
    const outcome = { executed, seconds: (Date.now() - began) / 1000, ...verdict };
    await inspect(store.location, outcome);
    return outcome;
  } finally {
    await desk.close();
    await emulator.close();
  }
}

async function executeKills(
  kills: readonly Kill[],
  processes: TrialProcesses,
  folder: string,
): Promise<TrialOutcome['executed']> {
  const executed: TrialOutcome['executed'] = [];
  for (const kill of kills) {
    while (!processes.isFinished() && !(await isReached(folder, kill))) await pause(POLL_MS);
    await pause(kill.ms);
    if (processes.isFinished()) break;
    executed.push({ ...kill, at: Date.now() });
    await processes.kill(kill.victim);
  }
  return executed;
}

async function isReached(folder: string, { after }: Kill): Promise<boolean> {
  if (after === 'call') return true;
  const files = await readdir(join(folder, 'hummingbatch', 'batches'), { recursive: true }).catch(() => []);
  return files.some((file) => LANDMARKS[after].test(file));
}
