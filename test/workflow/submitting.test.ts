import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adoptUpdate, type BatchProgress, retryUpdate } from '../../src/contract/index.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const isStopped = ({ state }: BatchProgress) => state === 'NEEDS_ATTENTION';
const isWaiting = ({ state }: BatchProgress) => state === 'WAITING';

const listSubmissions = ({ google }: ScriptedBatch) =>
  google.inputsOf('createJob').map(({ round, submission }) => `r${round}.${submission}`);

describe('a submission', () => {
  test('is staged, looked up and only then created, once', async () => {
    const batch = await time.start();
    await batch.result();
    expect(batch.google.steps().join(' ')).toMatch(
      /^prepare stageRound findJob createJob( checkJob)+ collectRound report cleanUp$/,
    );
  });

  test('is not created where an earlier run has created the job', async () => {
    const batch = await time.start({ there: true });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', jobs: batch.google.jobNames() });
    expect(listSubmissions(batch)).toEqual([]);
  });

  test('whose answer was lost is found and not created again', async () => {
    const batch = await time.start({ submissions: [{ kind: 'lost' }] });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', jobs: batch.google.jobNames() });
    expect(listSubmissions(batch)).toEqual(['r1.1']);
  });

  test('without an answer is looked up after the window, and not before', async () => {
    const batch = await time.start(
      { submissions: [{ kind: 'lost' }] },
      { options: { submitWindowMs: 5 * MINUTE } },
    );
    await batch.result();
    const [timer] = (await batch.events()).flatMap((event) => event.timerStartedEventAttributes ?? []);
    // The attempt itself said that its POST is over, so the window is all; a fake clock may be a second off.
    expect(Number(timer?.startToFireTimeout?.seconds)).toBeGreaterThanOrEqual(5 * 60 - 1);
    expect(Number(timer?.startToFireTimeout?.seconds)).toBeLessThanOrEqual(5 * 60 + 1);
  });
});

describe('a submission without a trace', () => {
  test('is followed by another by default', async () => {
    const batch = await time.start({ submissions: [{ kind: 'swallowed' }] });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
    expect(batch.google.inputsOf('report')[0]?.notes).toEqual([
      'Submission 1 of round 1 was sent without an answer: The connection broke.',
    ]);
  });

  const swallowed = (count: number) => Array.from({ length: count }, () => ({ kind: 'swallowed' }) as const);

  test('stops the batch after five in a row until an operator says that there is no job', async () => {
    const batch = await time.start({ submissions: swallowed(5) });
    const { stop } = await batch.until(isStopped);
    expect(stop).toMatchObject({ step: 'submit', code: 'submission-unknown' });
    expect(stop?.message).toContain('5 submissions in a row');
    expect(stop?.nextTry).toBeUndefined();
    await time.sleep(240 * HOUR);
    expect(listSubmissions(batch)).toHaveLength(5);
    await batch.update(adoptUpdate, { job: 'none' });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2', 'r1.3', 'r1.4', 'r1.5', 'r1.6']);
  });

  test('is only looked up again by a plain retry after five in a row', async () => {
    const batch = await time.start({ submissions: swallowed(6) });
    await batch.until(isStopped);
    const searches = batch.google.inputsOf('findJob').length;
    await batch.update(retryUpdate);
    await batch.until(
      (progress) => isStopped(progress) && batch.google.inputsOf('findJob').length > searches,
    );
    expect(listSubmissions(batch)).toHaveLength(5);
    await batch.handle.cancel();
    await batch.endsCancelled();
  });
});

describe('a budget for one job, beside a submission without an answer', () => {
  const ONE_JOB = { options: { maxCostUsd: 6 } };
  const isOverBudget = ({ stop }: BatchProgress) => stop?.code === 'over-budget';

  async function overBudget(script: Parameters<SkippedTime['start']>[0]): Promise<ScriptedBatch> {
    const batch = await time.start({ worstUsd: 6, ...script }, ONE_JOB);
    await batch.until(isOverBudget);
    return batch;
  }

  test('allows no other: the worst case stays reserved, and the stop names all answers', async () => {
    const batch = await overBudget({ submissions: [{ kind: 'swallowed' }] });
    await time.sleep(240 * HOUR);
    expect(listSubmissions(batch)).toEqual(['r1.1']);
    const { stop, costUsd } = await batch.progress();
    expect(costUsd).toMatchObject({ actual: 0, reserved: 6 });
    expect(stop?.nextTry).toBeUndefined();
    expect(stop?.message).toBe(
      'Round 1 (10 outputs) could bring the cost to 12.00 USD, 6.00 USD of it for submissions whose cost is not known, and the budget is 6 USD.',
    );
    const { batchId } = batch;
    expect(stop?.actions).toEqual([
      { action: 'adopt', batchId },
      { action: 'adopt', batchId, job: 'none' },
      { action: 'set-budget', batchId, maxCostUsd: 12 },
      { action: 'retry', batchId },
      { action: 'accept', batchId },
      { action: 'cancel', batchId },
    ]);
    await batch.handle.cancel();
    await batch.endsCancelled();
  });

  test('allows another after `adopt --none`, which releases the reserve', async () => {
    const batch = await overBudget({ submissions: [{ kind: 'swallowed' }] });
    await batch.update(adoptUpdate, { job: 'none' });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
    expect((await batch.progress()).costUsd.reserved).toBeUndefined();
  });

  test('takes the job of `adopt --job`, whose usage settles the reserve', async () => {
    const batch = await overBudget({ submissions: [{ kind: 'lost', visibleAfterMs: 1000 * HOUR }] });
    const [job = ''] = batch.google.jobNames();
    await batch.update(adoptUpdate, { job });
    expect(await batch.until(isWaiting)).toMatchObject({ job, costUsd: { reserved: 6 } });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', jobs: [job] });
    expect(listSubmissions(batch)).toEqual(['r1.1']);
    expect((await batch.progress()).costUsd.reserved).toBeUndefined();
  });

  test('is asked again after a plain retry, which finds a job that has appeared', async () => {
    const batch = await overBudget({ submissions: [{ kind: 'lost', visibleAfterMs: HOUR }] });
    await time.sleep(2 * HOUR);
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', jobs: batch.google.jobNames() });
    expect(listSubmissions(batch)).toEqual(['r1.1']);
  });

  test('counts it in the next round, where its reserve can be released', async () => {
    const batch = await time.start(
      { worstUsd: 6, submissions: [{ kind: 'swallowed' }], left: [9] },
      { options: { maxCostUsd: 12.5 } },
    );
    const { round } = await batch.until(isOverBudget);
    expect(round).toBe(2);
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
    await batch.update(adoptUpdate, { job: 'none' });
    expect(await batch.result()).toMatchObject({ rounds: 2 });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2', 'r2.1']);
  });

  test('is free again after a job that failed without a result', async () => {
    const batch = await time.start({ worstUsd: 6, lives: [{ hours: 1, end: 'FAILED', code: 8 }] }, ONE_JOB);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
  });
});

describe('a submission without a trace, with `onUnknownSubmit: park`', () => {
  const PARKED = { options: { onUnknownSubmit: 'park' } } as const;

  async function parked(submissions: Parameters<SkippedTime['start']>[0]): Promise<ScriptedBatch> {
    const batch = await time.start(submissions, PARKED);
    await batch.until(isStopped);
    return batch;
  }

  test('stops the batch, which names both answers', async () => {
    const batch = await parked({ submissions: [{ kind: 'swallowed' }] });
    const { stop } = await batch.progress();
    expect(stop).toMatchObject({ step: 'submit', code: 'submission-unknown' });
    expect(stop?.actions.slice(0, 2)).toEqual([
      { action: 'adopt', batchId: batch.batchId },
      { action: 'adopt', batchId: batch.batchId, job: 'none' },
    ]);
    expect(stop?.nextTry).toBeUndefined();
    await batch.handle.cancel();
    await batch.endsCancelled();
  });

  test('is only looked up again by a plain retry', async () => {
    const batch = await parked({ submissions: [{ kind: 'swallowed' }] });
    const progressCache = batch.google.inputsOf('findJob').length;
    await batch.update(retryUpdate);
    await batch.until(
      (progress) => isStopped(progress) && batch.google.inputsOf('findJob').length > progressCache,
    );
    expect(listSubmissions(batch)).toEqual(['r1.1']);
    await batch.handle.cancel();
    await batch.endsCancelled();
  });

  test('is continued by a plain retry when the job has appeared', async () => {
    const batch = await parked({ submissions: [{ kind: 'lost', visibleAfterMs: HOUR }] });
    await time.sleep(2 * HOUR);
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', jobs: batch.google.jobNames() });
    expect(listSubmissions(batch)).toEqual(['r1.1']);
  });

  test('is followed by another with `adopt --none`', async () => {
    const batch = await parked({ submissions: [{ kind: 'swallowed' }] });
    await batch.update(adoptUpdate, { job: 'none' });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
  });

  test('takes the job of `adopt --job` although no list shows it', async () => {
    const batch = await parked({ submissions: [{ kind: 'lost', visibleAfterMs: 1000 * HOUR }] });
    const [job = ''] = batch.google.jobNames();
    await batch.update(adoptUpdate, { job });
    expect(await batch.until(isWaiting)).toMatchObject({ job });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', jobs: [job] });
    expect(listSubmissions(batch)).toEqual(['r1.1']);
  });

  test('refuses `adopt --job` with a job of another batch and stays unchanged', async () => {
    const batch = await parked({ submissions: [{ kind: 'lost', visibleAfterMs: 1000 * HOUR }] });
    await batch.update(adoptUpdate, { job: 'batches/foreign' });
    const { stop } = await batch.until((progress) => isStopped(progress) && looked(batch, 'batches/foreign'));
    expect(stop).toMatchObject({ code: 'submission-unknown' });
    expect(stop?.message).toContain('batches/foreign is not a job of round 1');
    // The action is still possible.
    const [job = ''] = batch.google.jobNames();
    await batch.update(adoptUpdate, { job });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED', jobs: [job] });
  });

  const looked = ({ google }: ScriptedBatch, job: string) =>
    google.inputsOf('findJob').some(({ named }) => named === job);
});

describe('a job that appears late', () => {
  test('is cancelled after ten minutes, checked until its end and collected with the other', async () => {
    const batch = await time.start({
      submissions: [{ kind: 'lost', visibleAfterMs: 5 * MINUTE }],
      lives: [
        { hours: 5, end: 'SUCCEEDED', images: 2 },
        { hours: 2, end: 'SUCCEEDED', images: 8 },
      ],
    });
    const { jobs } = await batch.result();
    const [late = '', chosen = ''] = batch.google.jobNames();
    expect(jobs).toEqual([chosen, late]);
    expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual([late]);
    const cancelled = batch.google.steps().indexOf('cancelJob');
    expect(
      batch.google
        .steps()
        .slice(0, cancelled)
        .filter((step) => step === 'checkJob').length,
    ).toBeLessThan(15);
    const [{ jobs: collected } = { jobs: [] }] = batch.google.inputsOf('collectRound');
    expect(collected.map(({ job, state }) => [job, state])).toEqual([
      [chosen, 'SUCCEEDED'],
      [late, 'CANCELLED'],
    ]);
    expect(batch.google.inputsOf('report')[0]?.notes).toContainEqual(
      `The job ${late} was found beside ${chosen} and was cancelled.`,
    );
  });

  test('just before collecting is found, ended and collected', async () => {
    const batch = await time.start({
      submissions: [{ kind: 'lost', visibleAfterMs: 90 * MINUTE }],
      lives: [
        { hours: 5, end: 'SUCCEEDED' },
        { hours: 2, end: 'SUCCEEDED' },
      ],
    });
    await batch.result();
    const [late] = batch.google.jobNames();
    expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual([late]);
    expect(batch.google.inputsOf('collectRound').at(-1)?.jobs).toHaveLength(2);
  });
});

test('a job that Google created twice is found after the window, ended, and collected with its twin', async () => {
  const batch = await time.start({
    submissions: [{ kind: 'created twice' }],
    lives: [
      { hours: 5, end: 'SUCCEEDED', images: 3 },
      { hours: 5, end: 'SUCCEEDED', images: 7 },
    ],
  });
  const { jobs } = await batch.result();
  const [twin = '', chosen = ''] = batch.google.jobNames();
  expect(new Set(jobs)).toEqual(new Set([chosen, twin]));
  expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual([twin]);
  const steps = batch.google.steps();
  const checksBefore = steps.slice(0, steps.indexOf('cancelJob')).filter((step) => step === 'checkJob');
  // At 0, 30, 60 and 90 s: the fourth or, where a clock is a little off, the fifth comes after the window.
  expect(checksBefore.length).toBeLessThanOrEqual(5);
  expect(listSubmissions(batch)).toEqual(['r1.1']);
});

describe('an exhausted quota', () => {
  const full = (times: number, retryAfterMs?: number) =>
    Array.from({ length: times }, () => ({
      kind: 'refused' as const,
      code: 'rate-limited' as const,
      ...(retryAfterMs && { retryAfterMs }),
    }));

  test('is waited for durably, 1 minute doubling to 2 hours, with a new submission each time', async () => {
    const batch = await time.start({ submissions: full(8) });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    const times = batch.google.posts.map(({ at }) => at);
    const minutes = times.slice(1).map((at, index) => Math.round((at - (times[index] ?? 0)) / MINUTE));
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 64, 120]);
    expect(batch.google.posts.map(({ submission }) => submission)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('is waited for as long as Google asks', async () => {
    const batch = await time.start({ submissions: full(1, 45 * MINUTE) });
    await batch.result();
    const [first, second] = batch.google.posts;
    expect(Math.round(((second?.at ?? 0) - (first?.at ?? 0)) / MINUTE)).toBe(45);
  });

  test('is shown with its begin and the time of the next attempt', async () => {
    const batch = await time.start({ submissions: full(2, 2 * HOUR) });
    const { quota, state } = await batch.until(({ quota }) => quota !== undefined, 0);
    expect(state).toBe('SUBMITTING');
    expect(Date.parse(quota?.nextTry ?? '') - Date.parse(quota?.since ?? '')).toBe(2 * HOUR);
    const later = await batch.until(
      ({ quota: next }) => (next?.nextTry ?? '') > (quota?.nextTry ?? ''),
      HOUR,
    );
    expect(later.quota?.since).toBe(quota?.since);
    await batch.result();
    expect((await batch.progress()).quota).toBeUndefined();
  });

  test('stops the batch only after 72 hours', async () => {
    const batch = await time.start({ submissions: full(20, 6 * HOUR) });
    const { stop } = await batch.until(isStopped, HOUR);
    const [first] = batch.google.posts;
    expect(Date.parse(stop?.since ?? '') - (first?.at ?? 0)).toBeGreaterThan(72 * HOUR);
    expect(Date.parse(stop?.since ?? '') - (first?.at ?? 0)).toBeLessThan(79 * HOUR);
    expect(stop).toMatchObject({ code: 'rate-limited', nextTry: expect.any(String) });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });
});

describe('a submission that Google refuses', () => {
  test('for its key stops at once with the next action; `retry` stages, looks up and creates another', async () => {
    const batch = await time.start({ submissions: [{ kind: 'refused', code: 'key-invalid' }] });
    const { stop } = await batch.until(isStopped, 0);
    expect(stop).toMatchObject({ step: 'submit', code: 'key-invalid', message: 'Google says key-invalid.' });
    expect(stop?.actions[0]).toEqual({ action: 'retry', batchId: batch.batchId });
    expect(stop?.nextTry).toBeUndefined();

    const before = batch.google.steps().length;
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    const steps = batch.google.steps().slice(before, before + 4);
    expect(steps).toEqual(['prepare', 'stageRound', 'findJob', 'createJob']);
    expect(listSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
  });

  test('for a missing file is staged and created again automatically', async () => {
    const batch = await time.start({ submissions: [{ kind: 'refused', code: 'file-gone' }] });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(batch.google.inputsOf('stageRound')).toHaveLength(2);
  });

  test('five times in a row for a passing reason needs an operator', async () => {
    const refusals = Array.from({ length: 5 }, () => ({ kind: 'refused', code: 'unreachable' }) as const);
    const batch = await time.start({ submissions: refusals });
    const { stop } = await batch.until(isStopped);
    expect(stop).toMatchObject({ code: 'unreachable', nextTry: expect.any(String) });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });
});
