import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { batchPlaces } from '../../src/contract/places.ts';
import { listJobs } from '../support/jobs.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const TRIALS = 8;
/** A frozen worker keeps its step for 10 s; then the batch waits 30 s for a job that it may have created. */
const PATIENCE = { timeout: 90_000, interval: 50 };

/** Freezes a process microseconds after a file appears, from a thread that does nothing else. */
function freezeWhenFileAppears(file: string, pid: number): Promise<void> {
  const code = `
    const { existsSync } = require('node:fs');
    const { workerData: { file, pid } } = require('node:worker_threads');
    while (!existsSync(file));
    process.kill(pid, 'SIGSTOP');`;
  const thread = new Worker(code, { eval: true, workerData: { file, pid } });
  return new Promise((resolve, reject) => {
    thread.once('exit', () => resolve()).once('error', reject);
  });
}

describe('a worker process that is frozen between its permit and its POST', () => {
  let world: World;
  let frozen: WorkerProcess;
  let awake: WorkerProcess | undefined;
  beforeAll(async () => {
    world = await createWorld({ jobSeconds: 1 });
    frozen = startWorkerProcess(world);
  });
  afterAll(async () => {
    process.kill(frozen.pid, 'SIGCONT');
    await frozen.kill();
    await awake?.stop();
    await world.close();
  });

  const filePath = (key: string) => join(world.store.location, key);
  const jobs = async (id: string) => listJobs((await world.emulator.ledger()).jobs, id);

  /** Returns a batch whose first submission is frozen before its POST. */
  async function freezeOne(): Promise<string> {
    for (let trial = 1; trial <= TRIALS; trial++) {
      const batchId = `before-post-${trial}`;
      const stopped = freezeWhenFileAppears(filePath(batchPlaces(batchId).round(1).permit(1)), frozen.pid);
      const options = { submitWindowMs: 1_000, checkIntervalMs: 1_000 };
      await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
      await stopped;
      // A request that was sent before the signal reaches the emulator within milliseconds.
      const left = await vi
        .waitFor(async () => expect(await jobs(batchId)).toHaveLength(1), 500)
        .then(
          () => true,
          () => false,
        );
      if (!left) return batchId;
      process.kill(frozen.pid, 'SIGCONT');
    }
    throw new Error(`none of ${TRIALS} signals came between permit and POST`);
  }

  test('does not create a job when it continues after another worker has submitted', async () => {
    const batchId = await freezeOne();
    awake = startWorkerProcess(world);
    await vi.waitFor(async () => expect(await jobs(batchId)).toHaveLength(1), PATIENCE);
    const [{ displayName } = { displayName: '' }] = await jobs(batchId);
    expect(displayName).toMatch(/r1\.2$/);

    process.kill(frozen.pid, 'SIGCONT');
    // It has checked the clock and recorded that it sent nothing.
    const answer = filePath(batchPlaces(batchId).round(1).answer(1));
    await vi.waitFor(() => expect(existsSync(answer)).toBe(true), PATIENCE);
    const { state } = await world.hummingbatch.batch(batchId).wait();
    expect(state).toBe('COMPLETED');
    expect(await jobs(batchId)).toHaveLength(1);
  }, 240_000);
});
