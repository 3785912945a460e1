import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { worstCaseUsd } from '../../../src/batch/cost.ts';
import { planOutputs } from '../../../src/batch/plan.ts';
import { type BatchHandle, connectTemporal, createHummingbatch } from '../../../src/client/index.ts';
import type { Manifest } from '../../../src/contract/index.ts';
import { batchPlaces } from '../../../src/contract/places.ts';
import { createEmulator } from '../../../src/emulator/index.ts';
import { openStore } from '../../../src/store/open.ts';
import { type Desk, openDesk, type Running } from '../desk.ts';
import { checkStorm } from './check-storm.ts';
import { operate } from './operate.ts';
import { MOMENTS, type Moment, type Storm } from './storm.ts';

const MANIFEST: Manifest = {
  name: 'storm',
  model: 'gemini-3-pro-image',
  references: {},
  items: [{ key: 'a', prompt: 'a lake', imageSize: '1K', count: 8, references: [] }],
  run: {},
};
/** The worst case of one round with all outputs, USD. */
const ROUND = worstCaseUsd(MANIFEST, planOutputs(MANIFEST)) ?? Number.NaN;
const JOB_SECONDS = 2;
const LOOK_EVERY_MS = 15;

/** Runs a batch through a storm, beside an operator who retries whatever stops. @returns the broken promises */
export async function runStorm(storm: Storm, temporal: string): Promise<string[]> {
  const faults = { seed: storm.seed, faults: storm.faults };
  const emulator = await createEmulator({ jobSeconds: JOB_SECONDS, images: 'plain', faults });
  const batchId = `storm-${storm.seed}`;
  const desk = await openDesk({
    GEMINI_API_KEY: 'any',
    HUMMINGBATCH_GEMINI_URL: emulator.url,
    TEMPORAL_ADDRESS: temporal,
    HUMMINGBATCH_TASK_QUEUE: batchId,
  });
  const client = await connectTemporal({ address: temporal, namespace: 'default' });
  try {
    const store = await openStore(join(desk.folder, 'hummingbatch'));
    const maxCostUsd = storm.rounds * ROUND;
    const hummingbatch = createHummingbatch({
      ...{ store, client, taskQueue: batchId },
      options: { checkIntervalMs: 1_000, submitWindowMs: 1_000, maxCostUsd },
    });
    const worker = await startWorker(desk, store.location, storm.skewsMs[0]);
    await hummingbatch.startNormalised({ manifest: MANIFEST, batchId });
    const batch = hummingbatch.batch(batchId);
    const folder = join(store.location, batchPlaces(batchId).folder);
    const ended = operate(batch, emulator);
    const disturbed = disturb(storm, { batch, folder, worker, ended }, () =>
      startWorker(desk, store.location, storm.skewsMs[1]),
    );
    const [progress] = await Promise.all([ended, disturbed]);
    return await checkStorm({ store, progress, ledger: await emulator.ledger(), storm, maxCostUsd });
  } finally {
    await client.connection.close();
    await desk.close();
    await emulator.close();
  }
}

interface Scene {
  batch: BatchHandle;
  /** Of the batch's files. */
  folder: string;
  worker: Running;
  ended: Promise<unknown>;
}

/** Kills the first worker, puts back the files of an earlier moment, cancels, and starts the second worker. */
async function disturb(
  { kill, restored, cancelled }: Storm,
  { batch, folder, worker, ended }: Scene,
  startNext: () => Promise<Running>,
): Promise<void> {
  const over = ended.then(() => true);
  const reached = (moment: Moment) => waitFor(folder, moment, over);
  const cancelling =
    cancelled && reached(cancelled).then((isReached) => (isReached ? batch.cancel() : undefined));
  const copy = `${folder}-copy`;
  if (restored && (await reached(restored))) await cp(folder, copy, { recursive: true });
  if (await reached(kill)) {
    worker.child.kill('SIGKILL');
    await worker.ended;
    if (restored) {
      await rm(folder, { recursive: true });
      await cp(copy, folder, { recursive: true });
    }
    await startNext();
  }
  await cancelling;
}

/** False where the batch is over before. */
async function waitFor(folder: string, moment: Moment, over: Promise<boolean>): Promise<boolean> {
  for (;;) {
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    if (files.some((file) => MOMENTS[moment].test(file))) return true;
    if (await Promise.race([over, pause(LOOK_EVERY_MS, false)])) return false;
  }
}

/** A worker whose clock is ahead. */
async function startWorker(desk: Desk, store: string, skewMs: number): Promise<Running> {
  const worker = desk.beginWith(
    { NODE_OPTIONS: `--import=${buildClock(skewMs)}` },
    'worker',
    '--store',
    store,
  );
  await worker.said('Worker of');
  return worker;
}

/** A module that moves the clock of the process that imports it. */
function buildClock(skewMs: number): string {
  const code = `const Real=Date;globalThis.Date=class extends Real{constructor(...a){a.length?super(...a):super(Real.now()+${skewMs})}static now(){return Real.now()+${skewMs}}}`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
