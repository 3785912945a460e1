import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  type BatchProgress,
  type ErrorCode,
  retryUpdate,
  setBudgetUpdate,
} from '../../src/contract/index.ts';
import { readSummary } from './support/events.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const isStopped = ({ state }: BatchProgress) => state === 'NEEDS_ATTENTION';
/** Attempts that foreign workers may refuse before a batch stops. */
const GRABS = 40;
const times = (count: number, code: ErrorCode) => Array.from({ length: count }, () => code);

describe('an error that can pass without an operator', () => {
  test('stops the batch after its attempts, with the time of the next one', async () => {
    const batch = await time.start({ failures: { stageRound: times(8, 'disk-full') } });
    const { stop } = await batch.until(isStopped);
    expect(stop).toMatchObject({ step: 'stage', code: 'disk-full', message: 'It failed with disk-full.' });
    expect(stop?.fix).toBe('Free space in the store.');
    expect(stop?.actions[0]).toEqual({ action: 'retry', batchId: batch.batchId });
    expect(Date.parse(stop?.nextTry ?? '') - Date.parse(stop?.since ?? '')).toBe(30 * MINUTE);
    expect(batch.google.inputsOf('stageRound')).toHaveLength(8);

    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(batch.google.inputsOf('stageRound')).toHaveLength(9);
  });

  test('does not stop the batch in an outage of twenty minutes while a job runs', async () => {
    const batch = await time.start({ failures: { checkJob: times(12, 'unavailable') } });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect((await batch.events()).map(readSummary)).not.toContainEqual(expect.stringMatching(/^stopped/));
  });

  test('is retried at once when an operator asks for it', async () => {
    const batch = await time.start({ failures: { findJob: times(8, 'unreachable') } });
    await batch.until(isStopped);
    const at = await time.now();
    await batch.update(retryUpdate);
    await batch.until(({ state }) => state === 'WAITING', 0);
    expect((await time.now()) - at).toBeLessThan(MINUTE);
    await batch.result();
  });
});

describe('an error that an operator must fix', () => {
  test('stops the batch at the first attempt, which waits for `retry` without a limit', async () => {
    const batch = await time.start({ failures: { stageRound: ['request-rejected'] } });
    const { stop } = await batch.until(isStopped, 0);
    expect(stop).toMatchObject({ step: 'stage', code: 'request-rejected' });
    expect(stop?.nextTry).toBeUndefined();
    await time.sleep(240 * HOUR);
    expect(await batch.progress()).toMatchObject({ state: 'NEEDS_ATTENTION' });
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    expect(batch.google.steps().filter((step) => step === 'prepare')).toHaveLength(1);
  });

  test('can be accepted: the batch ends with a report that names the job it leaves', async () => {
    const batch = await time.start({
      lives: [{ hours: 20, end: 'SUCCEEDED' }],
      failures: { checkJob: ['key-invalid'] },
    });
    await batch.until(isStopped);
    await batch.update(acceptUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES' });
    expect(batch.google.inputsOf('report')[0]?.notes).toEqual([
      'An operator ended the batch with the outputs that were finished.',
      `The job ${batch.google.jobNames()[0]} was left running at Google.`,
    ]);
  });

  test('stops the batch where no retry can help, because a job may exist', async () => {
    const batch = await time.start({ failures: { collectRound: ['batch-conflict'] } });
    expect((await batch.until(isStopped)).stop).toMatchObject({ step: 'collect', code: 'batch-conflict' });
    await batch.update(retryUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });
});

describe('a step that workers of another store take', () => {
  test('is offered again until the right worker takes it', async () => {
    const batch = await time.start({ failures: { stageRound: times(GRABS - 1, 'wrong-worker') } });
    await batch.result();
    expect((await batch.events()).map(readSummary)).not.toContainEqual(expect.stringMatching(/^stopped/));
  });

  test('stops the batch without a right worker, which tries again after 1 minute, doubling', async () => {
    const batch = await time.start({ failures: { stageRound: times(7 * GRABS, 'wrong-worker') } });
    await batch.result();
    const waits = (await batch.events()).flatMap((event) =>
      readSummary(event).startsWith('stopped (wrong-worker)')
        ? [Number(event.timerStartedEventAttributes?.startToFireTimeout?.seconds) / 60]
        : [],
    );
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64]);
  });
});

describe('the key that a batch is bound to', () => {
  const readKeys = (batch: ScriptedBatch, step: 'stageRound' | 'createJob') =>
    batch.google.inputsOf(step).map(({ where }) => where.keyFingerprint);

  test('is that of the worker that prepared it, in each step', async () => {
    const batch = await time.start({});
    await batch.result();
    expect(readKeys(batch, 'stageRound')).toEqual(['key-1']);
    expect(readKeys(batch, 'createJob')).toEqual(['key-1']);
  });

  test("is chosen anew by an operator's retry after it was refused, and then kept", async () => {
    const batch = await time.start({ failures: { stageRound: ['key-invalid'] } });
    await batch.until(isStopped);
    await batch.update(retryUpdate);
    await batch.result();
    expect(readKeys(batch, 'stageRound')).toEqual(['key-1', 'key-2']);
    expect(readKeys(batch, 'createJob')).toEqual(['key-2']);
    expect(batch.google.inputsOf('prepare')[1]?.where).toEqual({
      store: 'store-1',
      endpoint: 'https://gemini.test',
    });
  });

  test('is kept in an automatic retry', async () => {
    const batch = await time.start({ failures: { stageRound: times(GRABS, 'wrong-worker') } });
    await batch.until(isStopped);
    await batch.result();
    expect(readKeys(batch, 'createJob')).toEqual(['key-1']);
    expect(batch.google.inputsOf('prepare')).toHaveLength(1);
  });
});

test('an invalid manifest ends the batch as failed and frees its id', async () => {
  const batch = await time.start({ failures: { prepare: ['manifest-invalid'] } });
  await expect(batch.result()).rejects.toMatchObject({
    cause: { type: 'manifest-invalid', details: [{ fix: expect.any(String), actions: expect.any(Array) }] },
  });
  expect(await batch.progress()).toMatchObject({
    state: 'FAILED',
    stop: { code: 'manifest-invalid', actions: [{ action: 'start-batch' }, { action: 'retry' }] },
  });
});

test('a failed clean-up does not keep a batch from its end', async () => {
  const batch = await time.start({ failures: { cleanUp: ['key-invalid'] } });
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
});

describe('a message that does not fit the state', () => {
  /** Sends it and answers with how it was refused. */
  async function catchRefusal(sending: Promise<unknown>): Promise<unknown> {
    const error = await sending.then(
      () => undefined,
      (error: { cause: { type: string } }) => error,
    );
    return error?.cause.type;
  }

  test('is refused before it becomes an event of the history', async () => {
    const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
    await batch.until(({ check }) => check !== undefined, 0);
    expect(await catchRefusal(batch.update(retryUpdate))).toBe('wrong-state');
    expect(await catchRefusal(batch.update(acceptUpdate))).toBe('wrong-state');
    expect(await catchRefusal(batch.update(approveUpdate, {}))).toBe('wrong-state');
    expect(await catchRefusal(batch.update(adoptUpdate, { job: 'none' }))).toBe('wrong-state');
    expect(await catchRefusal(batch.update(setBudgetUpdate, { maxCostUsd: Number.NaN }))).toBe('usage');
    expect(await catchRefusal(batch.update(setBudgetUpdate, { maxCostUsd: -1 }))).toBe('usage');
    await batch.result();
    const updates = (await batch.events()).filter(
      (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
    );
    expect(updates).toEqual([]);
  });

  test('is refused where it names no job', async () => {
    const batch = await time.start(
      { submissions: [{ kind: 'swallowed' }] },
      { options: { onUnknownSubmit: 'park' } },
    );
    await batch.until(isStopped);
    expect(await catchRefusal(batch.update(adoptUpdate, { job: 'files/x' }))).toBe('usage');
    expect(await catchRefusal(batch.update(adoptUpdate, { job: 'batches/../x' }))).toBe('usage');
    await batch.update(acceptUpdate);
    await batch.result();
  });

  test('that accepts lost results settles the round: a retry makes the rest again and does not download them', async () => {
    const batch = await time.start({ failures: { collectRound: ['result-gone'] } });
    await batch.until(isStopped);
    await batch.update(acceptUpdate);
    await batch.result();
    const collected = batch.google
      .inputsOf('collectRound')
      .map(({ jobs }) => jobs[0]?.resultFile !== undefined);
    expect(collected).toEqual([true, false]);
  });

  test('is refused where there is nothing to accept yet', async () => {
    const batch = await time.start({ failures: { prepare: ['store-corrupt'] } });
    await batch.until(isStopped, 0);
    expect(await catchRefusal(batch.update(acceptUpdate))).toBe('wrong-state');
    await batch.update(retryUpdate);
    await batch.result();
  });
});

describe('a budget', () => {
  const isOverBudget = ({ stop }: BatchProgress) => stop?.code === 'over-budget';

  test('stops the batch before a round whose worst case exceeds it; `setBudget` continues', async () => {
    const batch = await time.start({ worstUsd: 6, left: [9] }, { options: { maxCostUsd: 6 } });
    const { stop, round } = await batch.until(isOverBudget);
    expect(round).toBe(2);
    expect(stop).toMatchObject({ step: 'submit' });
    expect(stop?.message).toContain('6.67 USD');
    expect(batch.google.posts).toHaveLength(1);

    await batch.update(setBudgetUpdate, { maxCostUsd: 6.5 });
    await batch.until(
      (progress) => isOverBudget(progress) && !!progress.stop?.message.includes('6.5 USD'),
      0,
    );
    expect(batch.google.posts).toHaveLength(1);

    await batch.update(setBudgetUpdate, { maxCostUsd: 10 });
    expect(await batch.result()).toMatchObject({ rounds: 2 });
  });

  test('that cannot be checked, because the price is unknown, stops the batch before the first round', async () => {
    const batch = await time.start({}, { options: { maxCostUsd: 40 } });
    await batch.until(isOverBudget, 0);
    expect(batch.google.posts).toEqual([]);
    await batch.update(acceptUpdate);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES', jobs: [] });
  });

  test('does not block a job that is already paid', async () => {
    const batch = await time.start(
      { there: true, prepared: [{ next: { round: 1, outputs: 10, worstUsd: 50, submitted: true } }] },
      { options: { maxCostUsd: 40, approveAboveUsd: 0 } },
    );
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });
});

describe('a price above the limit', () => {
  const DEAR = { options: { approveAboveUsd: 0.5 } };
  const isAwaiting = ({ state }: BatchProgress) => state === 'AWAITING_APPROVAL';

  async function awaiting(): Promise<ScriptedBatch> {
    const batch = await time.start({}, DEAR);
    await batch.until(isAwaiting, 0);
    return batch;
  }

  test('waits for an operator without a limit and sends nothing', async () => {
    const batch = await awaiting();
    await time.sleep(240 * HOUR);
    expect(await batch.progress()).toMatchObject({ state: 'AWAITING_APPROVAL' });
    expect(batch.google.steps()).toEqual(['prepare']);
    await batch.update(approveUpdate, {});
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });

  test('ends the batch as failed when the operator refuses', async () => {
    const batch = await awaiting();
    await batch.update(approveUpdate, { approved: false });
    await expect(batch.result()).rejects.toMatchObject({ cause: { type: 'approval-refused' } });
    expect(await batch.progress()).toMatchObject({ state: 'FAILED', stop: { code: 'approval-refused' } });
    expect(batch.google.steps()).toEqual(['prepare']);
  });

  test('needs one approval, not one for each round', async () => {
    const batch = await time.start({ left: [5] }, DEAR);
    await batch.until(isAwaiting, 0);
    await batch.update(approveUpdate, { approved: true });
    expect(await batch.result()).toMatchObject({ rounds: 2 });
  });
});
