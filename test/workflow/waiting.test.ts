import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkNowUpdate, type ImageBatchInput, jobEventSignal } from '../../src/contract/index.ts';
import { readSummary } from './support/events.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const HOUR = 3_600_000;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const listChecks = (batch: ScriptedBatch) => batch.google.inputsOf('checkJob').length;

describe('a job of 24 hours', () => {
  let batch: ScriptedBatch;
  beforeAll(async () => {
    batch = await time.start({ lives: [{ hours: 24, end: 'SUCCEEDED' }] });
    await batch.result();
  });

  test('is checked about 71 times, in at most 850 events', async () => {
    expect(listChecks(batch)).toBeGreaterThanOrEqual(68);
    expect(listChecks(batch)).toBeLessThanOrEqual(74);
    expect((await batch.events()).length).toBeLessThanOrEqual(850);
  });

  test('has a readable summary at each timer and each step', async () => {
    const events = await batch.events();
    const scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes);
    const timers = events.filter((event) => event.timerStartedEventAttributes);
    expect(timers.length).toBe(listChecks(batch) - 1);
    for (const event of [...scheduled, ...timers]) expect(readSummary(event)).not.toBe('');
    expect(scheduled.map(readSummary)).toContainEqual(
      expect.stringMatching(/^round 1: check 12 of batches\/\S+, was RUNNING, \d+ min$/),
    );
    expect(timers.map(readSummary)).toContainEqual(
      expect.stringMatching(/^round 1: waiting for check 30 of batches\/\S+, RUNNING, \d+ h \d+ min$/),
    );
  });
});

test('a job of 48 hours for 1000 outputs stays under 1500 events and 300 kB', async () => {
  const batch = await time.start({
    outputs: 1000,
    lives: [{ hours: 48, end: 'SUCCEEDED' }],
  });
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED', outputs: { image: 1000 } });
  expect((await batch.events()).length).toBeLessThanOrEqual(1500);
  expect(await batch.bytes()).toBeLessThan(300_000);
});

test('checks come at a fifth of the job’s age, at least 30 s and at most 30 min apart', async () => {
  const batch = await time.start({ lives: [{ hours: 12, end: 'SUCCEEDED' }] });
  await batch.result();
  const waits = (await batch.events()).flatMap(({ timerStartedEventAttributes: timer }) =>
    timer ? [Number(timer.startToFireTimeout?.seconds)] : [],
  );
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(27);
  expect(Math.max(...waits)).toBeLessThanOrEqual(33 * 60);
  expect(waits.at(-1)).toBeGreaterThanOrEqual(27 * 60 - 1);
});

const WAKES = {
  checkNow: (batch: ScriptedBatch) => batch.update(checkNowUpdate),
  jobEvent: (batch: ScriptedBatch) => batch.handle.signal(jobEventSignal, {}),
};

test.each(Object.entries(WAKES))('%s ends the sleep at once', async (_, wake) => {
  const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
  await batch.until(({ check }) => (check?.number ?? 0) >= 45, HOUR);
  const before = listChecks(batch);
  const at = await time.now();
  await wake(batch);
  await batch.until(() => listChecks(batch) > before, 0);
  expect((await time.now()) - at).toBeLessThan(60_000);
  await batch.result();
});

test('checkNow is refused after twenty checks on request of one job, with the time of the next check', async () => {
  const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
  await batch.until(({ check }) => (check?.number ?? 0) >= 45, HOUR);
  for (let request = 1; request <= 20; request++) {
    const before = listChecks(batch);
    await WAKES.checkNow(batch);
    await batch.until(() => listChecks(batch) > before, 0);
  }
  const { nextCheck } = await batch.progress();
  await expect(WAKES.checkNow(batch)).rejects.toMatchObject({
    cause: { type: 'request-limit', message: expect.stringContaining(`It checks it again at ${nextCheck}`) },
  });
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
});

test('an event during a check is not lost', async () => {
  const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
  await batch.until(({ check }) => (check?.number ?? 0) >= 45, HOUR);
  const before = listChecks(batch);
  // The first event starts a check, the second arrives while it runs.
  batch.google.during('checkJob', () => WAKES.jobEvent(batch));
  const at = await time.now();
  await WAKES.checkNow(batch);
  await batch.until(() => listChecks(batch) > before + 1, 0);
  expect((await time.now()) - at).toBeLessThan(60_000);
  await batch.result();
});

describe('an invalid time', () => {
  test('in an option ends the batch before any step', async () => {
    const options = { checkIntervalMs: 'soon' } as unknown as ImageBatchInput['options'];
    const batch = await time.start({}, { options });
    await expect(batch.result()).rejects.toMatchObject({
      cause: {
        type: 'usage',
        message: 'checkIntervalMs must be a whole number of milliseconds from 1000 to 2592000000.',
      },
    });
    expect(batch.google.steps()).toEqual([]);
  });

  test('that no timer accepts ends the batch before any step', async () => {
    const batch = await time.start(
      { submissions: [{ kind: 'lost' }] },
      { options: { submitWindowMs: 1e300 } },
    );
    await expect(batch.result()).rejects.toMatchObject({
      cause: {
        type: 'usage',
        message: 'submitWindowMs must be a whole number of milliseconds from 1000 to 2592000000.',
      },
    });
  });

  test('null counts as left out', async () => {
    const options = { submitWindowMs: null, maxRounds: null } as unknown as ImageBatchInput['options'];
    const batch = await time.start({ submissions: [{ kind: 'lost' }], left: [2] }, { options });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 2 });
  });

  test('of Google’s does not fail a check', async () => {
    const batch = await time.start({ lives: [{ hours: 0.2, end: 'SUCCEEDED' }], garbledTimes: true });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect((await batch.events()).some((event) => event.workflowTaskFailedEventAttributes)).toBe(false);
  });
});
