import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchPlaces } from '../../src/contract/places.ts';
import { readBatchTree } from '../support/tree.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';

/** Large enough that collecting takes a while: 40 MB, with a checkpoint after each fifth. */
const MANIFEST = {
  name: 'frozen',
  model: 'nano-banana-pro',
  items: ['1:1', '16:9', '4:5'].map((aspectRatio, n) => ({
    ...{ key: `item-${n}`, prompt: `Motif ${n}`, aspectRatio, count: 32 },
  })),
};
const TRIALS = 5;

let world: World;
let workers: WorkerProcess[];

beforeEach(async () => {
  world = await createWorld({ imageBytes: 400_000 });
  workers = [];
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await world.close();
});

function startWorker(): WorkerProcess {
  const worker = startWorkerProcess(world);
  workers.push(worker);
  return worker;
}

test('a worker that is frozen while it collects and continues after another has finished changes nothing', async () => {
  const path = await world.manifest(MANIFEST);
  const old = startWorker();
  await world.hummingbatch.startBatch({ manifest: path, batchId: 'frozen-undisturbed' });
  await world.hummingbatch.batch('frozen-undisturbed').wait();
  const undisturbed = await readBatchTree(world.store, 'frozen-undisturbed');

  const batchId = await freezeWhileItCollects(path, old);
  startWorker();
  expect(await world.hummingbatch.batch(batchId).wait()).toMatchObject({ state: 'COMPLETED' });
  expect(await readBatchTree(world.store, batchId)).toEqual(undisturbed);
  const before = await readEveryFile(batchId);

  process.kill(old.pid, 'SIGCONT');
  await old.waitForLog(new RegExp(`"batch":"${batchId}",.*"step":"collectRound".*"msg":"(done|failed)"`));
  await old.stop();

  expect(await readEveryFile(batchId)).toEqual(before);
  const { jobs } = await world.emulator.ledger();
  expect(jobs.filter(({ displayName }) => displayName?.startsWith(`hb/${batchId}/`))).toHaveLength(1);
}, 180_000);

/** Freezes the process after its first checkpoint and before `collected.json`. */
async function freezeWhileItCollects(path: string, { pid }: WorkerProcess): Promise<string> {
  for (let trial = 1; trial <= TRIALS; trial++) {
    const batchId = `frozen-${trial}`;
    await world.hummingbatch.startBatch({ manifest: path, batchId });
    while ((await readCheckpoints(batchId)).length === 0) await pause(5);
    process.kill(pid, 'SIGSTOP');
    if (!(await isCollected(batchId))) return batchId;
    // It had finished before the signal arrived.
    process.kill(pid, 'SIGCONT');
    await world.hummingbatch.batch(batchId).wait();
  }
  throw new Error(`None of ${TRIALS} signals came while the worker collected.`);
}

function readCheckpoints(batchId: string): Promise<string[]> {
  return world.store.list(`${batchPlaces(batchId).round(1).folder}/collect/`);
}

async function isCollected(batchId: string): Promise<boolean> {
  return (await world.store.head(batchPlaces(batchId).round(1).collected)) !== undefined;
}

/** Result files and working files, byte by byte. */
async function readEveryFile(batchId: string): Promise<Record<string, string | undefined>> {
  const keys = await world.store.list(`batches/${batchId}/`);
  const entries = keys.map(async (key) => {
    const bytes = await world.store.get(key);
    return [key, bytes && createHash('sha256').update(bytes).digest('hex')] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
