import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import proto from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toWorkflowId } from '../../src/contract/index.ts';
import { type Change, changedBundle } from '../support/changed-bundle.ts';
import { openTestBatch, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { type Event, readSummary } from '../workflow/support/events.ts';

const { EventType, WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;

const ITEMS = ['a', 'b', 'c'];
const MANIFEST = {
  name: 'upgrade',
  model: 'nano-banana-pro',
  items: ITEMS.map((key) => ({ key, prompt: `Motif ${key}` })),
};
/** Long enough that no job ends before the test decides so. */
const JOB_SECONDS = 36_000;
const NEW_STEP = 'the new step of the next version';

/** The next version: an additional timer before the first check of a job. A waiting batch is already past it. */
function buildNextVersion(guard: string): Change[] {
  return [
    {
      file: 'workflows/wait.ts',
      anchor: "import { condition } from '@temporalio/workflow';\n",
      text: "import * as temporal from '@temporalio/workflow';\n",
    },
    {
      file: 'workflows/wait.ts',
      anchor: '  const { job } = waiting;\n',
      text: `  ${guard} await temporal.sleep(100, { summary: '${NEW_STEP}' });\n`,
    },
  ];
}

describe('upgrading a worker while a batch waits', () => {
  let world: World;
  let aheadMs = 0;
  let path: string;
  let patched: string;
  let unguarded: string;

  beforeAll(async () => {
    world = await createWorld({ jobSeconds: JOB_SECONDS, now: () => Date.now() + aheadMs });
    path = await world.manifest(MANIFEST);
    const bundle = (name: string, guard: string) =>
      changedBundle(join(world.folder, name), buildNextVersion(guard));
    patched = await bundle('patched.js', "if (temporal.patched('pause-before-first-check'))");
    unguarded = await bundle('unguarded.js', '');
  });
  afterAll(() => world.close());

  /** Starts a batch and waits until its job runs and is being checked. */
  async function startWaitingBatch(batchId: string): Promise<TestBatch> {
    await world.hummingbatch.startBatch({ manifest: path, batchId });
    const batch = openTestBatch(world, batchId);
    await batch.until(({ state, check }) => state === 'WAITING' && (check?.number ?? 0) >= 2);
    return batch;
  }

  const letJobsEnd = () => {
    aheadMs += JOB_SECONDS * 1_000;
  };

  async function readEvents({ id }: TestBatch): Promise<Event[]> {
    return (await world.client.workflow.getHandle(toWorkflowId(id)).fetchHistory()).events ?? [];
  }

  const readTimers = async (batch: TestBatch) =>
    (await readEvents(batch))
      .filter(({ timerStartedEventAttributes }) => timerStartedEventAttributes)
      .map(readSummary);

  /** The failures of its workflow tasks. */
  const readFailures = async (batch: TestBatch) =>
    (await readEvents(batch))
      .filter(({ eventType }) => eventType === EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
      .map(({ workflowTaskFailedEventAttributes }) => workflowTaskFailedEventAttributes?.cause);

  /** The bundles that have executed it, in order. */
  async function listBuilds(batch: TestBatch): Promise<string[]> {
    const builds = (await readEvents(batch)).flatMap(
      ({ workflowTaskCompletedEventAttributes: it }) => it?.workerVersion?.buildId ?? [],
    );
    return [...new Set(builds)];
  }

  /** Expects all images from one job. */
  async function expectWhole(batch: TestBatch): Promise<void> {
    const { state, outputs } = await batch.ended();
    expect([state, outputs.image]).toEqual(['COMPLETED', ITEMS.length]);
    expect(await batch.workflow()).toBe('COMPLETED');
    expect(await batch.jobs()).toHaveLength(1);
    expect((await batch.records()).map(({ output, outcome }) => [output, outcome])).toEqual(
      ITEMS.map((key) => [`${key}#1`, 'image']),
    );
    expect(await batch.images()).toBe(ITEMS.length);
  }

  test('to a version with a step behind `patched` lets the batch end without it; the next batch has the step', async () => {
    const today = await world.work();
    const old = await startWaitingBatch('upgrade-patched-old');
    await today();
    const tomorrow = await world.work({}, patched);
    const checks = (await old.until(() => true)).check?.number ?? 0;
    await old.until(({ check }) => (check?.number ?? 0) > checks);
    const fresh = await startWaitingBatch('upgrade-patched-new');
    letJobsEnd();
    await expectWhole(old);
    await expectWhole(fresh);
    expect(await readTimers(old)).not.toContain(NEW_STEP);
    expect((await readTimers(fresh)).filter((summary) => summary === NEW_STEP)).toHaveLength(1);
    expect([await readFailures(old), await readFailures(fresh)]).toEqual([[], []]);
    expect([await listBuilds(old), await listBuilds(fresh)].map(({ length }) => length)).toEqual([2, 1]);
    await tomorrow();
  });

  test('to a version with the unguarded step fails the workflow task, not the batch; the right version continues it', async () => {
    const today = await world.work();
    const batch = await startWaitingBatch('upgrade-unguarded');
    await today();
    const wrong = await world.work({}, unguarded);
    while ((await readFailures(batch)).length === 0) await pause(100);
    expect(await batch.workflow()).toBe('RUNNING');
    await wrong();
    await world.work();
    letJobsEnd();
    await expectWhole(batch);
    expect(await readTimers(batch)).not.toContain(NEW_STEP);
    expect(new Set(await readFailures(batch))).toEqual(
      new Set([WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR]),
    );
    expect(await listBuilds(batch)).toHaveLength(1);
  });
});
