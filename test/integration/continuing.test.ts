import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toWorkflowId, WORKFLOW_TYPE } from '../../src/contract/index.ts';
import { openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';

type Events = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>;

/** So few that a batch continues as a new run after some checks. */
const FEW = 60;
const MANIFEST = { name: 'continue', model: 'nano-banana-pro', items: [{ key: 'a', prompt: 'a lake' }] };

let world: World;
beforeAll(async () => {
  const deaf = { fault: 'job.deaf', forMs: 20_000, match: { name: '^hb/continue-cancelled/' } } as const;
  world = await createWorld({ jobSeconds: 30, faults: { faults: [deaf] } });
  await world.work();
});
afterAll(() => world.close());

async function start(batchId: string) {
  const input = await world.hummingbatch.putBatch({ manifest: MANIFEST, batchId });
  const options = {
    ...input.options,
    checkIntervalMs: 1_000,
    maxCheckIntervalMs: 1_000,
    submitWindowMs: 1_000,
  };
  await world.client.workflow.start(WORKFLOW_TYPE, {
    workflowId: toWorkflowId(batchId),
    taskQueue: world.taskQueue,
    args: [{ ...input, options }, { continueAfterEvents: FEW }],
    memo: { fingerprint: 'of-the-start' },
  });
  return openTestBatch(world, batchId);
}

/** Ids of all runs, the first one first. */
async function listRuns(batchId: string): Promise<string[]> {
  const readEvents = async (runId?: string): Promise<Events> =>
    (await world.client.workflow.getHandle(toWorkflowId(batchId), runId).fetchHistory()).events ?? [];
  const [started] = await readEvents();
  let runId = started?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
  const runs: string[] = [];
  while (runId) {
    runs.push(runId);
    const last = (await readEvents(runId)).at(-1);
    runId = last?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return runs;
}

test.concurrent('a batch continues as a new run with its memo, attributes and start, and whoever waits follows it', async () => {
  const batch = await start('continue-whole');
  const { startedAt } = await batch.until(({ state }) => state === 'WAITING');
  const ended = await batch.handle.wait();
  expect(ended).toMatchObject({ state: 'COMPLETED', startedAt, outputs: { image: 1 } });
  expect((await listRuns('continue-whole')).length).toBeGreaterThan(1);
  const { memo, typedSearchAttributes, status } = await world.client.workflow
    .getHandle(toWorkflowId('continue-whole'))
    .describe();
  expect(memo).toMatchObject({ fingerprint: 'of-the-start' });
  expect(status.name).toBe('COMPLETED');
  expect(JSON.stringify(typedSearchAttributes)).toContain('COMPLETED');
  expect(await batch.jobs()).toHaveLength(1);
});

test.concurrent('a cancelled batch continues as a new run, which ends with a result that says CANCELLED', async () => {
  const batch = await start('continue-cancelled');
  await batch.until(({ check }) => check !== undefined);
  await batch.handle.cancel();
  expect(await batch.handle.wait()).toMatchObject({ state: 'CANCELLED' });
  const runs = await listRuns('continue-cancelled');
  expect(runs.length).toBeGreaterThan(1);
  const result = await world.client.workflow.getHandle(toWorkflowId('continue-cancelled')).result();
  expect(result).toMatchObject({ state: 'CANCELLED' });
  expect(await batch.jobs()).toMatchObject([{ cancelled: true }]);
});
