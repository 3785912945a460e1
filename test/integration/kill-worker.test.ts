import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWorkflowId } from '../../src/contract/index.ts';
import { createNoiseImage } from '../support/noise-image.ts';
import { readBatchTree } from '../support/tree.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';

/** Large enough that each step takes a while, small enough that a dozen batches fit into a minute. */
const REFERENCES = 6;
const MANIFEST = {
  name: 'kill',
  model: 'nano-banana-pro',
  references: Object.fromEntries(Array.from({ length: REFERENCES }, (_, n) => [`r${n}`, `refs/r${n}.png`])),
  items: [
    ...['1:1', '16:9', '4:5'].map((aspectRatio, n) => ({
      key: `item-${n}`,
      prompt: `Motif ${n}`,
      aspectRatio,
      references: Object.keys({ ...Array.from({ length: REFERENCES }) }).map((index) => `r${index}`),
      count: 15,
    })),
    { key: 'refused', prompt: 'Nothing [refuse]' },
  ],
};

/** A kill hits a step if its activity was running: the activity then needs a second attempt. */
const STEPS = ['prepare', 'stageRound', 'createJob', 'collectRound', 'report'] as const;
const TRIALS = 6;
/** PENDING_ACTIVITY_STATE_STARTED */
const STARTED = 2;

describe('a worker process that is killed with SIGKILL', () => {
  let world: World;
  let path: string;
  let worker: WorkerProcess;
  let undisturbed: Record<string, unknown>;

  beforeAll(async () => {
    world = await createWorld({ imageBytes: 200_000 });
    const pictures = await Promise.all(Array.from({ length: REFERENCES }, () => createNoiseImage(1200)));
    const files = Object.fromEntries(pictures.map((bytes, n) => [`refs/r${n}.png`, bytes]));
    path = await world.manifest(MANIFEST, files);
    worker = startWorkerProcess(world);
    const { batchId } = await world.hummingbatch.startBatch({ manifest: path, batchId: 'undisturbed' });
    await world.hummingbatch.batch(batchId).wait();
    undisturbed = await readBatchTree(world.store, batchId);
  });
  afterAll(async () => {
    await worker.stop();
    await world.close();
  });

  const getDescription = (batchId: string) =>
    world.client.workflow.getHandle(toWorkflowId(batchId)).describe();

  /** Whether an activity of this name is running now. */
  async function isRunning(batchId: string, activity: string): Promise<boolean> {
    const { raw } = await getDescription(batchId);
    return (raw.pendingActivities ?? []).some(
      ({ activityType, state }) => activityType?.name === activity && Number(state) === STARTED,
    );
  }

  /** The number of attempts of an activity of the ended batch. */
  async function readAttempts(batchId: string, activity: string): Promise<number> {
    const { events } = await world.client.workflow.getHandle(toWorkflowId(batchId)).fetchHistory();
    const scheduled = (events ?? []).filter(
      ({ activityTaskScheduledEventAttributes: it }) => it?.activityType?.name === activity,
    );
    const ids = new Set(scheduled.map(({ eventId }) => String(eventId)));
    const started = (events ?? []).flatMap(({ activityTaskStartedEventAttributes: it }) =>
      it && ids.has(String(it.scheduledEventId)) ? [it.attempt ?? 1] : [],
    );
    return Math.max(...started);
  }

  async function restart(): Promise<void> {
    await worker.kill();
    worker = startWorkerProcess(world);
  }

  async function expectSameAsUndisturbed(batchId: string): Promise<void> {
    expect(await readBatchTree(world.store, batchId)).toEqual(undisturbed);
    const { jobs } = await world.emulator.ledger();
    expect(jobs.filter(({ displayName }) => displayName?.startsWith(`hb/${batchId}/`))).toHaveLength(1);
  }

  test.each(STEPS)('during %s ends like an undisturbed run, with one job', async (step) => {
    for (let trial = 1; ; trial++) {
      const batchId = `${step.toLowerCase()}-${trial}`;
      await world.hummingbatch.startBatch({ manifest: path, batchId });
      while (!(await isRunning(batchId, step)) && (await getDescription(batchId)).status.name === 'RUNNING');
      await restart();
      const { state } = await world.hummingbatch.batch(batchId).wait();
      expect(state).toBe('COMPLETED_WITH_FAILURES');
      await expectSameAsUndisturbed(batchId);
      if ((await readAttempts(batchId, step)) > 1) return;
      // The step ended before the signal arrived: a valid result, but for another moment.
      expect(trial, `none of ${TRIALS} kills hit ${step}`).toBeLessThan(TRIALS);
    }
  });

  test('while the batch sleeps between checks does not change its next check', async () => {
    const batchId = 'wait-1';
    await world.hummingbatch.startBatch({ manifest: path, batchId, options: { checkIntervalMs: 3_000 } });
    for (;;) {
      const { raw } = await getDescription(batchId);
      const { jobs } = await world.emulator.ledger();
      const isAsked = jobs.some(
        ({ displayName, gets }) => displayName?.startsWith(`hb/${batchId}/`) && gets > 0,
      );
      if (isAsked && (raw.pendingActivities ?? []).length === 0) break;
      await pause(20);
    }
    await restart();
    await world.hummingbatch.batch(batchId).wait();
    await expectSameAsUndisturbed(batchId);
  });
});
