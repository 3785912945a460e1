import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createEmulator } from '../../../src/emulator/index.ts';
import { openStore } from '../../../src/store/open.ts';
import { openDesk } from '../desk.ts';
import { noise } from '../pictures.ts';
import { type Actors, startActors } from './actors.ts';
import { judge } from './judge.ts';
import { type Kill, LANDMARKS, type Trial } from './trial.ts';

/** Long enough that every step can be hit, short enough for many trials: two rounds, three checkpoints, 84 outputs. */
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
const LOOK_EVERY_MS = 15;
/** On an idle machine the longest takes a minute, for a submission without an answer is waited for; on a busy one, five. */
const TRIAL_WITHIN_MS = 400_000;

/** What all trials have in common. */
export interface Stage {
  /** Of a server that is not killed, for workers that are. */
  temporal: string;
  references: Record<string, Buffer>;
  /** What an undisturbed run leaves. */
  undisturbed?: Record<string, string>;
}

/** What became of a trial. */
export interface Went {
  batchId: string;
  /** The kills that struck while the batch was on its way, ms since 1970. */
  struck: (Kill & { at: number })[];
  seconds: number;
  tree: Record<string, string>;
  /** What is not as it should be; nothing where all promises were kept. */
  problems: string[];
}

/** Sees a batch through once without any disturbance; all others are compared with what it leaves. */
export async function openStage(temporal: string): Promise<Required<Stage>> {
  const [one, two] = [await noise(400), await noise(300)];
  const stage = { temporal, references: { 'one.png': one, 'two.png': two } };
  const { tree, problems } = await play({ seed: 0, profile: 'own', kills: [], faults: [] }, stage);
  if (problems.length > 0) throw new Error(`The undisturbed run went wrong: ${problems.join('\n')}`);
  return { ...stage, undisturbed: tree };
}

/**
 * Plays a trial: a batch on a desk of its own, whose processes are killed and started again until it ends.
 *
 * @param look called at the end, while the store is still there
 */
export async function play(
  trial: Trial,
  stage: Stage,
  look: (store: string, went: Went) => Promise<void> = async () => undefined,
): Promise<Went> {
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
    for (const [name, bytes] of Object.entries(stage.references))
      await writeFile(join(desk.folder, name), bytes);
    await desk.write('m.yaml', JSON.stringify(MANIFEST));
    await mkdir(join(desk.folder, 'hummingbatch'));
    const actors = await startActors(desk, trial, stage.temporal);
    const late = setTimeout(() => actors.giveUp(), TRIAL_WITHIN_MS);
    const struck = await strike(trial.kills, actors, desk.folder);
    const ended = await actors.end();
    clearTimeout(late);
    const store = await openStore(join(desk.folder, 'hummingbatch'));
    const verdict = await judge({ store, ended, ledger: await emulator.ledger() }, stage.undisturbed);
    const went = { struck, seconds: (Date.now() - began) / 1000, ...verdict };
    await look(store.location, went);
    return went;
  } finally {
    await desk.close();
    await emulator.close();
  }
}

async function strike(kills: readonly Kill[], actors: Actors, folder: string): Promise<Went['struck']> {
  const struck: Went['struck'] = [];
  for (const kill of kills) {
    while (!actors.isOver() && !(await isReached(folder, kill))) await pause(LOOK_EVERY_MS);
    await pause(kill.ms);
    if (actors.isOver()) break;
    struck.push({ ...kill, at: Date.now() });
    await actors.kill(kill.victim);
  }
  return struck;
}

async function isReached(folder: string, { after }: Kill): Promise<boolean> {
  if (after === 'call') return true;
  const files = await readdir(join(folder, 'hummingbatch', 'batches'), { recursive: true }).catch(() => []);
  return files.some((file) => LANDMARKS[after].test(file));
}
