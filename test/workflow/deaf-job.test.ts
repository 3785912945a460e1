import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptUpdate, type BatchOptions, type BatchProgress } from '../../src/contract/index.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const TARGET = { url: 'https://receiver.example/hook', secretRef: 'shop' };
const isStopped = ({ stop }: BatchProgress) => stop?.code === 'cancel-ignored';
/** Runs for months, and ignores that it is cancelled. */
const deaf = { hours: 3000, end: 'SUCCEEDED', deaf: true } as const;
const listCollected = ({ google }: ScriptedBatch) =>
  google
    .inputsOf('collectRound')
    .map(({ jobs, isPartial = false }) => ({ jobs: jobs.map(({ job }) => job), isPartial }));

/** A straggler of a lost answer is deaf; the job of the round makes seven images in two hours. */
const startBeside = (hours: number, options: Partial<BatchOptions> = {}) =>
  time.start(
    {
      submissions: [{ kind: 'lost', visibleAfterMs: 5 * MINUTE }],
      lives: [
        { ...deaf, hours },
        { hours: 2, end: 'SUCCEEDED', images: 7 },
      ],
    },
    { options },
  );

describe('a job that ignores its cancellation, beside another that has ended', () => {
  test('does not keep the images of the other from the batch, which stops with all actions', async () => {
    const batch = await startBeside(3000);
    const { stop, outputs } = await batch.until(isStopped, 10 * MINUTE);
    const [late = '', chosen = ''] = batch.google.jobNames();
    expect(outputs.image).toBe(7);
    expect(listCollected(batch)).toEqual([{ jobs: [chosen], isPartial: true }]);
    const { batchId } = batch;
    expect(stop).toMatchObject({ step: 'cancel', nextTry: expect.any(String) });
    expect(stop?.message).toBe(
      `Google was asked more than 3 hours ago to cancel ${late}, and it has not ended. What has ended is collected.`,
    );
    expect(stop?.actions).toEqual([
      { action: 'retry', batchId },
      { action: 'accept', batchId, leavesJob: true },
      { action: 'cancel', batchId },
    ]);

    await batch.update(acceptUpdate);
    expect(await batch.result()).toMatchObject({ outputs: { image: 7 } });
    expect(batch.google.inputsOf('report')[0]?.notes).toContain(
      `The job ${late} was left running at Google.`,
    );
  });

  test('ends in its own time: the batch continues automatically, and collects both', async () => {
    const batch = await startBeside(9);
    await batch.until(isStopped, 10 * MINUTE);
    expect(await batch.result()).toMatchObject({ outputs: { image: 10 } });
    const [late = '', chosen = ''] = batch.google.jobNames();
    expect(listCollected(batch)).toEqual([
      { jobs: [chosen], isPartial: true },
      { jobs: [chosen, late], isPartial: false },
    ]);
    // Each try asks again.
    expect(batch.google.inputsOf('cancelJob').length).toBeGreaterThan(2);
  });
});

test('a job past its deadline that ignores its cancellation stops the batch', async () => {
  const batch = await time.start({ lives: [deaf] }, { options: { deadlineMs: HOUR } });
  const { stop } = await batch.until(isStopped, 10 * MINUTE);
  expect(Date.parse(stop?.since ?? '') - Date.parse((await batch.progress()).startedAt)).toBeLessThan(
    6 * HOUR,
  );
  await batch.update(acceptUpdate);
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES' });
});

describe('a cancelled batch whose job ignores its cancellation', () => {
  async function cancelled(): Promise<ScriptedBatch> {
    const batch = await time.start({ lives: [deaf] });
    await batch.until(({ state }) => state === 'WAITING');
    await batch.handle.cancel();
    await batch.until(isStopped, 10 * MINUTE);
    return batch;
  }

  test('stops, and ends as cancelled when an operator accepts', async () => {
    const batch = await cancelled();
    const { batchId } = batch;
    expect((await batch.progress()).stop?.actions).toEqual([
      { action: 'retry', batchId },
      { action: 'accept', batchId, leavesJob: true },
    ]);
    await batch.update(acceptUpdate);
    await batch.endsCancelled();
    expect((await batch.progress()).state).toBe('CANCELLED');
  });

  test('is not cancelled twice by another request', async () => {
    const batch = await cancelled();
    await batch.handle.cancel();
    await time.sleep(HOUR);
    expect((await batch.progress()).state).toMatch(/NEEDS_ATTENTION|CANCELLING/);
    await batch.until(isStopped);
    await batch.update(acceptUpdate);
    await batch.endsCancelled();
  });
});

// The last one: after a batch with targets, Temporal's test server skips no more time.
test('targets are notified once that a job ignores its cancellation', async () => {
  const batch = await startBeside(3000, { notify: [TARGET] });
  await batch.until(isStopped, 10 * MINUTE);
  await time.sleep(5 * HOUR);
  const events = batch.google.inputsOf('notify').map(({ event }) => event.data.stop?.code);
  expect(events).toEqual(['cancel-ignored']);
  await batch.update(acceptUpdate);
  await batch.result();
});
