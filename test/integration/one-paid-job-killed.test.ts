import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPermits } from '../../src/activities/permits.ts';
import type { Fault, JobEntry } from '../../src/emulator/index.ts';
import { listJobs } from '../support/jobs.ts';
import { samples } from '../support/samples.ts';
import { seeded } from '../support/seeded.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const SEED = 20261125;
/** Each wave has its own worker, which is killed while it submits. All its batches then wait at the same time. */
const WAVES = samples(1, 3);
const BATCHES_PER_WAVE = 18;
/** A worker is killed while at least so many of its POSTs are open. */
const MIN_OPEN = 5;
/** Shorter than the 30 s after which a lost submission is settled at the earliest. */
const WINDOW_MS = 3_000;

const random = seeded(SEED);
const batches = Array.from({ length: WAVES }, (_, wave) =>
  Array.from({ length: BATCHES_PER_WAVE }, (_, number) => `wave-${wave}-${number}`),
);

/**
 * Delays the first POST before or after the job is created, so that the kill happens during the POST. Long enough that many
 * POSTs of a wave are open at the same time on a busy machine too; a POST has 20 s.
 */
function buildFaults(id: string): Fault[] {
  const name = `^hb/${id}/`;
  const ms = 4_000 + Math.floor(random() * 4_000);
  const slow = random() < 0.5 ? 'create.slow' : 'create.answer-slow';
  const unlisted: Fault = { fault: 'job.unlisted', afterMs: 2_000, match: { name } };
  return [{ fault: slow, ms, times: 1, match: { name } }, ...(random() < 0.5 ? [unlisted] : [])];
}

describe(`${WAVES * BATCHES_PER_WAVE} submissions of worker processes that are killed in the middle of their POSTs`, () => {
  let world: World;
  let worker: WorkerProcess;
  let jobs: JobEntry[];
  /** Batches whose worker was killed before it could record an answer. */
  let unanswered = 0;

  beforeAll(async () => {
    const faults = { seed: SEED, faults: batches.flat().flatMap(buildFaults) };
    world = await createWorld({ jobSeconds: 1, faults });
    const ends = [];
    for (const wave of batches) {
      worker = startWorkerProcess(world);
      await Promise.all(wave.map(start));
      // When so many POSTs of this wave are open, and then some time into the next ones.
      const open = MIN_OPEN + Math.floor(random() * MIN_OPEN);
      while ((await countUnanswered(wave)) < open) await pause(20);
      await pause(random() * 400);
      await worker.kill();
      unanswered += await countUnanswered(wave);
      ends.push(...wave.map((id) => world.hummingbatch.batch(id).wait()));
    }
    worker = startWorkerProcess(world);
    for (const { batchId, state } of await Promise.all(ends)) expect(state, batchId).toBe('COMPLETED');
    ({ jobs } = await world.emulator.ledger());
  }, 300_000);
  afterAll(async () => {
    await worker.stop();
    await world.close();
  });

  async function start(batchId: string): Promise<void> {
    const options = { submitWindowMs: WINDOW_MS, checkIntervalMs: 1_000 };
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId, options });
  }

  async function countUnanswered(ids: readonly string[]): Promise<number> {
    const permits = await Promise.all(ids.map((id) => readPermits(world.store, id, 1)));
    return permits.flat().filter(({ answer }) => !answer).length;
  }

  test('lead to one paid job per batch', () => {
    const paid = batches
      .flat()
      .map((id) => [id, listJobs(jobs, id).filter(({ cancelled }) => !cancelled).length]);
    expect(paid.filter(([, count]) => count !== 1)).toEqual([]);
  });

  test('were really killed between permit and answer', () => {
    expect(unanswered).toBeGreaterThan(samples(3, 10));
  });
});
