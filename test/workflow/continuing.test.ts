import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptUpdate, type BatchProgress, retryUpdate } from '../../src/contract/index.ts';
import { samples } from '../support/samples.ts';
import type { Script } from './support/scripted-google.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** So few that a batch of some days has many runs. */
const FEW = 150;
/** Events that one wait and the steps after it can add at most. */
const MARGIN = 80;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const isStopped = ({ state }: BatchProgress) => state === 'NEEDS_ATTENTION';
const forEver = <T>(one: T, times = 5_000): T[] => Array.from({ length: times }, () => one);

async function expectShortRuns(batch: ScriptedBatch): Promise<void> {
  const lengths = (await batch.runs()).map((events) => events.length);
  expect(lengths.length).toBeGreaterThan(1);
  expect(Math.max(...lengths)).toBeLessThan(FEW + MARGIN);
}

describe('a batch whose history is long continues as a new run', () => {
  test('while it waits for its job, which is made once and cancelled at its deadline', async () => {
    const batch = await time.start(
      {
        continueAfterEvents: FEW,
        lives: [
          { hours: 60, end: 'SUCCEEDED' },
          { hours: 1, end: 'SUCCEEDED' },
        ],
      },
      { options: { maxCheckIntervalMs: 10 * MINUTE, deadlineMs: 30 * HOUR } },
    );
    const { startedAt } = await batch.progress();
    await batch.until(({ round, jobs }) => round > 0 && jobs[0]?.state === 'CANCELLED', HOUR);
    const {
      jobs: [job],
      ...progress
    } = await batch.progress();
    expect(progress.startedAt).toBe(startedAt);
    const cancelled = batch.google.inputsOf('cancelJob');
    expect(cancelled.map(({ job }) => job)).toEqual([job?.name]);
    expect(batch.google.posts).toHaveLength(1);
    expect(await batch.result()).toMatchObject({ rounds: 1 });
    expect(batch.google.inputsOf('report')[0]).toMatchObject({
      startedAt: Date.parse(startedAt),
      notes: [`The job ${job?.name} was cancelled: it took longer than its deadline.`],
    });
    await expectShortRuns(batch);
  });

  test('while Google is at its limit, and counts the 72 hours over all runs', async () => {
    const batch = await time.start({
      continueAfterEvents: FEW,
      submissions: forEver({ kind: 'refused', code: 'rate-limited' } as const),
    });
    const { startedAt, stop } = await batch.until(isStopped, HOUR);
    const hours = (Date.parse(stop?.since ?? '') - Date.parse(startedAt)) / HOUR;
    expect(hours).toBeGreaterThan(72);
    expect(hours).toBeLessThan(75);
    await expectShortRuns(batch);
    await batch.handle.cancel();
    await batch.endsCancelled();
  });

  test('in a stop that tries again: the waits grow over all runs', async () => {
    const batch = await time.start({
      continueAfterEvents: 50,
      failures: { stageRound: forEver('disk-full') },
    });
    await batch.until(isStopped);
    await time.sleep(20 * DAY);
    const { stop } = await batch.until(isStopped);
    expect(Date.parse(stop?.nextTry ?? '') - (await time.now())).toBeGreaterThan(0);
    // 8 attempts in each of 15 tries; half an hour each would be 960.
    expect(batch.google.inputsOf('stageRound').length).toBeLessThan(8 * 20);
    expect((await batch.runs()).length).toBeGreaterThan(3);
    await batch.update(acceptUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES' });
  });

  test('and takes no update twice, although Temporal knows only those of one run', async () => {
    const batch = await time.start({
      continueAfterEvents: 50,
      failures: { stageRound: forEver('request-rejected') },
    });
    const tries = () => batch.google.inputsOf('stageRound').length;
    const retry = (updateId: string) => batch.handle.executeUpdate(retryUpdate.name, { updateId });
    await batch.until(isStopped, 0);
    for (let sent = 1; (await batch.runs()).length < 2; sent++) {
      await retry(`retry-${sent}`);
      await batch.until((progress) => isStopped(progress) && tries() === sent + 1, 0);
    }
    const before = tries();
    await retry('retry-1');
    await time.sleep(MINUTE);
    expect(tries()).toBe(before);
    await retry('another');
    await batch.until((progress) => isStopped(progress) && tries() === before + 1, 0);
    await batch.update(acceptUpdate);
    await batch.result();
  });

  test('and is cancelled like any other', async () => {
    const batch = await time.start(
      { continueAfterEvents: FEW, lives: [{ hours: 40, end: 'SUCCEEDED' }] },
      { options: { maxCheckIntervalMs: 5 * MINUTE } },
    );
    await batch.until(() => batch.google.inputsOf('prepare').length > 1, HOUR);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.inputsOf('cancelJob')).toHaveLength(1);
  });
});

/** Everything that a batch can wait for without an end. */
const WAITS: Record<string, Script> = {
  'a full disk': { failures: { stageRound: forEver('disk-full') } },
  'workers of another store': { failures: { stageRound: forEver('wrong-worker', 50_000) } },
  'Google’s limit': { submissions: forEver({ kind: 'refused', code: 'rate-limited' }) },
  'jobs that fail for quota': { lives: forEver({ hours: 1, end: 'FAILED', code: 8 } as const) },
  'submissions without an answer': { submissions: forEver({ kind: 'swallowed' }) },
};
const DAYS = samples(10, 400);

describe(`${DAYS} days`, () => {
  test.each(Object.entries(WAITS))('of %s cost less than 10,000 events a year', async (_, script) => {
    const batch = await time.start({ continueAfterEvents: 500, ...script });
    await time.sleep(DAYS * DAY);
    const events = (await batch.runs()).flat().length;
    // The first days have more of them than the others: waits grow.
    expect(events).toBeLessThan(DAYS < 100 ? 4_000 : 10_000 * (DAYS / 365));
    await batch.handle.cancel();
    await batch.endsCancelled();
  });
});
