import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptUpdate, type BatchProgress, retryUpdate } from '../../src/contract/index.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const isStopped = ({ state }: BatchProgress) => state === 'NEEDS_ATTENTION';
const listSubmissions = ({ google }: ScriptedBatch) =>
  google.inputsOf('createJob').map(({ round, submission }) => `r${round}.${submission}`);
const getCollected = ({ google }: ScriptedBatch) =>
  google.inputsOf('collectRound').map(({ round, jobs }) => [round, ...jobs.map(({ state }) => state)]);

describe('a job', () => {
  test('that succeeded is collected; outputs worth another try get a smaller round, up to maxRounds', async () => {
    const batch = await time.start({ left: [6, 2, 1] }, { options: { maxRounds: 3 } });
    expect(await batch.result()).toMatchObject({ rounds: 3 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r2.1', 'r3.1']);
    expect(batch.google.inputsOf('collectRound').map(({ maxRounds }) => maxRounds)).toEqual([3, 3, 3]);
  });

  test.each([
    ['expired', { hours: 48, end: 'EXPIRED' }],
    ['failed inside of Google (13)', { hours: 3, end: 'FAILED', code: 13 }],
  ] as const)('that %s is collected as it is, and its outputs go to the next round', async (_how, life) => {
    const batch = await time.start({ lives: [life], left: [10] });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 2 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r2.1']);
    expect(getCollected(batch)).toEqual([
      [1, life.end],
      [2, 'SUCCEEDED'],
    ]);
  });

  test('that failed for quota (8) is submitted again in the same round, after a wait', async () => {
    const batch = await time.start({
      lives: [
        { hours: 0.1, end: 'FAILED', code: 8 },
        { hours: 0.1, end: 'FAILED', code: 8 },
      ],
    });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 1 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2', 'r1.3']);
    expect(getCollected(batch)).toEqual([[1, 'SUCCEEDED']]);
    const [first, second, third] = batch.google.posts.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(7 * MINUTE);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(8 * MINUTE);
  });

  test('that failed for quota with answers keeps them, and its other outputs go to the next round', async () => {
    const batch = await time.start({ lives: [{ hours: 1, end: 'FAILED', code: 8, images: 4 }], left: [6] });
    expect(await batch.result()).toMatchObject({ rounds: 2 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r2.1']);
  });

  test('that Google rejects as a whole (3) stops the batch; `retry` submits the round again', async () => {
    const batch = await time.start({ lives: [{ hours: 0.1, end: 'FAILED', code: 3 }] });
    const { stop } = await batch.until(isStopped);
    expect(stop).toMatchObject({ step: 'wait', code: 'job-rejected' });
    expect(stop?.message).toContain('says Google');
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 1 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
  });

  test('that was deleted stops the batch; `retry` submits the round again', async () => {
    const batch = await time.start({ lives: [{ hours: 5, end: 'deleted' }] });
    const { stop } = await batch.until(isStopped, HOUR);
    expect(stop).toMatchObject({ step: 'wait', code: 'job-gone' });
    expect(stop?.message).toContain(batch.google.jobNames()[0]);
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 1 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
  });
});

describe('a job that was cancelled by another client', () => {
  test('stops the batch; without answers `retry` submits the round again', async () => {
    const batch = await time.start({ lives: [{ hours: 2, end: 'CANCELLED' }] });
    const { stop } = await batch.until(isStopped, HOUR);
    expect(stop).toMatchObject({ step: 'wait', code: 'job-cancelled' });
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 1 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
  });

  test('is collected before the batch stops; `retry` makes the other outputs', async () => {
    const batch = await time.start({ lives: [{ hours: 2, end: 'CANCELLED', images: 4 }], left: [6] });
    const { outputs } = await batch.until(isStopped, HOUR);
    expect(outputs.image).toBe(4);
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 2 });
    expect(getCollected(batch)).toEqual([
      [1, 'CANCELLED'],
      [2, 'SUCCEEDED'],
    ]);
  });

  test('keeps the finished images when an operator ends the batch', async () => {
    const batch = await time.start({ lives: [{ hours: 2, end: 'CANCELLED', images: 4 }], left: [6] });
    await batch.until(isStopped, HOUR);
    await batch.update(acceptUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES', outputs: { image: 4 } });
  });

  test('does not stop the batch if no output is worth another try', async () => {
    const batch = await time.start({ lives: [{ hours: 2, end: 'CANCELLED', images: 10 }] });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });
});

test('a job past its deadline is cancelled and collected, and its other outputs go to the next round', async () => {
  const batch = await time.start(
    { lives: [{ hours: 40, end: 'SUCCEEDED' }], left: [10] },
    { options: { deadlineMs: 6 * HOUR } },
  );
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 2 });
  const steps = batch.google.steps();
  expect(batch.google.inputsOf('cancelJob')).toHaveLength(1);
  // The next check comes soon, although at this age checks are half an hour apart.
  expect(steps.slice(steps.indexOf('cancelJob'), steps.indexOf('collectRound')).length).toBeGreaterThan(2);
  expect(getCollected(batch)).toEqual([
    [1, 'CANCELLED'],
    [2, 'SUCCEEDED'],
  ]);
  const [first, second] = batch.google.posts.map(({ at }) => at);
  expect((second ?? 0) - (first ?? 0)).toBeLessThan(6 * HOUR + 45 * MINUTE);
});
