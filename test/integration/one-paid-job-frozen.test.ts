import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchPlaces } from '../../src/contract/places.ts';
import { LOOPBACK } from '../../src/local/ports.ts';
import { listJobs } from '../support/jobs.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const TRIALS = 8;
/**
 * For a minute Temporal gives tasks to the polls that a frozen worker has open, each for the 10 s of a missing heartbeat. Then
 * the batch waits 30 s for a job that may have been created.
 */
const PATIENCE = { timeout: 180_000, interval: 50 };

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

/** Passes connections on to the emulator, and tells of each. */
async function watchConnections(url: string, onConnection: () => void) {
  const { port } = new URL(url);
  const proxy = createServer((from) => {
    onConnection();
    const to = connect(Number(port), LOOPBACK);
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const)
      one.pipe(other).on('error', () => other.destroy());
  }).listen(0, LOOPBACK);
  await once(proxy, 'listening');
  return {
    url: `http://${LOOPBACK}:${(proxy.address() as AddressInfo).port}`,
    close: () => proxy.close(),
  };
}

describe('a worker process that is frozen between its permit and its POST', () => {
  let world: World;
  let frozen: WorkerProcess;
  let awake: WorkerProcess | undefined;
  let toGemini: Awaited<ReturnType<typeof watchConnections>>;
  /** The permit that the next freeze waits for, and the connections that were opened after it. */
  let permit = '';
  let connections = 0;
  beforeAll(async () => {
    world = await createWorld({ jobSeconds: 1 });
    toGemini = await watchConnections(world.emulator.url, () => {
      if (existsSync(permit)) connections += 1;
    });
    frozen = startWorker();
  });
  afterAll(async () => {
    process.kill(frozen.pid, 'SIGCONT');
    await frozen.kill();
    await awake?.stop();
    toGemini.close();
    await world.close();
  });

  /** Each with the same endpoint, or the batch would refuse it. */
  const startWorker = () => startWorkerProcess(world, { HUMMINGBATCH_GEMINI_URL: toGemini.url });
  const filePath = (key: string) => join(world.store.location, key);
  const jobs = async (id: string) => listJobs((await world.emulator.ledger()).jobs, id);

  /**
   * Returns a batch whose first submission is frozen after its permit and before its POST has a connection. Later it may have
   * looked at the clock: nothing can stop a process that is frozen between that and the system call that sends.
   */
  async function freezeOne(): Promise<string> {
    for (let trial = 1; trial <= TRIALS; trial++) {
      const batchId = `before-post-${trial}`;
      permit = filePath(batchPlaces(batchId).round(1).permit(1));
      connections = 0;
      const stopped = freezeWhenFileAppears(permit, frozen.pid);
      const options = { submitWindowMs: 1_000, checkIntervalMs: 1_000 };
      await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
      await stopped;
      // Connections arrive in their order: behind our own there is none that was opened before.
      await pause(100);
      await fetch(toGemini.url, { headers: { connection: 'close' } });
      if (connections === 1) return batchId;
      process.kill(frozen.pid, 'SIGCONT');
    }
    throw new Error(`none of ${TRIALS} signals came between permit and POST`);
  }

  test('does not create a job when it continues after another worker has submitted', async () => {
    const batchId = await freezeOne();
    awake = startWorker();
    await expect.poll(() => jobs(batchId), PATIENCE).toHaveLength(1);
    const [{ displayName } = { displayName: '' }] = await jobs(batchId);
    expect(displayName).toMatch(/r1\.2$/);

    process.kill(frozen.pid, 'SIGCONT');
    // It has checked the clock and recorded that it sent nothing.
    const answer = filePath(batchPlaces(batchId).round(1).answer(1));
    await expect.poll(() => existsSync(answer), PATIENCE).toBe(true);
    const { state } = await world.hummingbatch.batch(batchId).wait();
    expect(state).toBe('COMPLETED');
    expect(await jobs(batchId)).toHaveLength(1);
  }, 480_000);
});
