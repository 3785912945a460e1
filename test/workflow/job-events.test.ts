import { afterAll, beforeAll, expect, test } from 'vitest';
import { jobEventSignal } from '../../src/contract/index.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const HOUR = 3_600_000;
/** The most wakes during the wait for one job. */
const MAX_WAKES = 20;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

/** Starts a batch that sleeps for half an hour. Returns it with the job that it waits for. */
async function asleep() {
  const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
  const { job = '' } = await batch.until(({ check }) => (check?.number ?? 0) >= 45, HOUR);
  const checks = () => batch.google.inputsOf('checkJob').length;
  return { batch, job, checks, tell: (event: unknown) => tell(batch, event) };
}

/** Sends an event of any shape, and waits until the batch has handled it. */
async function tell({ handle, events }: ScriptedBatch, event: unknown): Promise<void> {
  const signals = async () =>
    (await events()).filter(
      ({ workflowExecutionSignaledEventAttributes }) => workflowExecutionSignaledEventAttributes,
    ).length;
  const before = await signals();
  await handle.signal<[unknown]>(jobEventSignal.name, event);
  await expect.poll(signals).toBe(before + 1);
  // A workflow answers a query after it has handled all earlier signals.
  await handle.query('progress');
}

test('an event of the job causes one check, and an event of another job none', async () => {
  const { tell, checks, job, batch } = await asleep();
  const before = checks();
  await tell({ job: 'batches/another' });
  await tell({ job: 'batches/another' });
  expect(checks()).toBe(before);
  await tell({ job });
  const { check } = await batch.until(({ check }) => check?.number === before + 1, 0);
  expect(check?.number).toBe(before + 1);
  expect(checks()).toBe(before + 1);
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
});

test('an event of any shape fails no workflow task', async () => {
  const { tell, batch } = await asleep();
  for (const event of [
    null,
    7,
    true,
    'batches/x',
    [],
    [{ job: 1 }],
    {},
    { job: 7 },
    { job: null },
    { job: [] },
    'x'.repeat(100_000),
  ])
    await tell(event);
  await batch.handle.signal(jobEventSignal.name);
  await batch.handle.signal<[unknown, unknown]>(jobEventSignal.name, {}, {});
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  expect((await batch.events()).filter((event) => event.workflowTaskFailedEventAttributes)).toEqual([]);
});

test(`many events cause ${MAX_WAKES} checks, and then the batch keeps to its own times`, async () => {
  const { tell, checks, job, batch } = await asleep();
  const before = checks();
  for (let told = 1; told <= 60; told++) {
    await tell({ job });
    if (told <= MAX_WAKES) await batch.until(() => checks() === before + told, 0);
  }
  expect(checks()).toBe(before + MAX_WAKES);
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  // A job of 20 hours alone has about 800 events. An ignored event adds a signal and the task that reads it.
  expect((await batch.events()).length).toBeLessThan(1_500);
});
