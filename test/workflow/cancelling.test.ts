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
const listReports = ({ google }: ScriptedBatch) => google.inputsOf('report').map(({ state }) => state);

describe('a cancellation before the submission', () => {
  test('ends the batch at once with a report, and sends nothing to Google', async () => {
    const batch = await time.start({}, {}, { step: 'stageRound' });
    await batch.endsCancelled();
    expect(batch.google.steps()).toEqual(['prepare', 'stageRound', 'report', 'cleanUp']);
    expect(listReports(batch)).toEqual(['cancelled']);
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED', endedAt: expect.any(String) });
  });

  test('makes no job, even right before its permit', async () => {
    const batch = await time.start({}, {}, { step: 'findJob', shielded: true });
    await batch.endsCancelled();
    expect(batch.google.posts).toEqual([]);
    expect(batch.google.steps()).toEqual(['prepare', 'stageRound', 'findJob', 'report', 'cleanUp']);
  });

  test('writes no report if the manifest was not read', async () => {
    const batch = await time.start({}, {}, { step: 'prepare' });
    await batch.endsCancelled();
    expect(listReports(batch)).toEqual([]);
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED' });
  });

  test('ends a batch that stopped for want of a key', async () => {
    const batch = await time.start({ failures: { stageRound: ['no-key'], findJob: ['no-key'] } });
    await batch.until(isStopped, 0);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(listReports(batch)).toEqual(['cancelled']);
  });
});

describe('a cancellation while a job runs', () => {
  test('cancels the job, waits for its end, and collects and reports its answers', async () => {
    const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED', images: 3 }] });
    await batch.until(({ check }) => (check?.number ?? 0) > 20, HOUR);
    await batch.handle.cancel();
    const { state } = await batch.until(({ state }) => state !== 'WAITING', 0);
    expect(state).toBe('CANCELLING');
    await batch.endsCancelled();
    const [job] = batch.google.jobNames();
    expect(batch.google.steps().slice(batch.google.steps().indexOf('cancelJob')).join(' ')).toMatch(
      /^cancelJob( checkJob)+ collectRound report cleanUp$/,
    );
    const [collected] = batch.google.inputsOf('collectRound');
    expect(collected).toMatchObject({
      weCancelled: true,
      jobs: [{ job, state: 'CANCELLED', expectedLines: 3 }],
    });
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED', outputs: { image: 3 } });
  });

  test('sees the end of the job within minutes, whatever its age', async () => {
    const batch = await time.start({ lives: [{ hours: 40, end: 'SUCCEEDED' }] });
    await time.sleep(20 * HOUR);
    const at = await time.now();
    await batch.handle.cancel();
    await batch.endsCancelled();
    const { endedAt } = await batch.progress();
    expect(Date.parse(endedAt ?? '') - at).toBeLessThan(5 * MINUTE);
  });

  test('changes nothing when it is repeated', async () => {
    const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED', images: 3 }] });
    await batch.until(({ check }) => (check?.number ?? 0) > 20, HOUR);
    await batch.handle.cancel();
    await batch.until(({ state }) => state === 'CANCELLING', 0);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.inputsOf('cancelJob')).toHaveLength(1);
    expect(batch.google.inputsOf('collectRound')).toHaveLength(1);
    expect(listReports(batch)).toEqual(['cancelled']);
  });

  test('ends the batch if the job was deleted at Google', async () => {
    const batch = await time.start({ lives: [{ hours: 2, end: 'deleted' }] });
    await batch.until(({ stop }) => stop?.code === 'job-gone', HOUR);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(listReports(batch)).toEqual(['cancelled']);
  });

  test('stops the batch if Google refuses it; `accept` ends the batch and names the running job', async () => {
    const batch = await time.start({
      lives: [{ hours: 20, end: 'SUCCEEDED' }],
      failures: { cancelJob: ['key-invalid', 'key-invalid'] },
    });
    await batch.until(({ check }) => (check?.number ?? 0) > 20, HOUR);
    await batch.handle.cancel();
    expect((await batch.until(isStopped, 0)).stop).toMatchObject({ step: 'cancel', code: 'key-invalid' });
    await batch.update(retryUpdate);
    await batch.until(
      (progress) => isStopped(progress) && batch.google.inputsOf('cancelJob').length === 2,
      0,
    );
    await batch.update(acceptUpdate);
    await batch.endsCancelled();
    expect(batch.google.inputsOf('report')[0]?.notes).toEqual([
      `The job ${batch.google.jobNames()[0]} was left running at Google.`,
    ]);
  });
});

describe('a cancellation during the submission', () => {
  test('waits for the answer and cancels the job', async () => {
    const batch = await time.start(
      { lives: [{ hours: 20, end: 'SUCCEEDED' }] },
      {},
      { step: 'createJob', shielded: true },
    );
    await batch.endsCancelled();
    expect(batch.google.posts).toHaveLength(1);
    expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual(batch.google.jobNames());
    expect(listReports(batch)).toEqual(['cancelled']);
  });

  test('searches for the job of a submission without an answer and cancels it', async () => {
    const batch = await time.start(
      {
        submissions: [{ kind: 'lost', visibleAfterMs: MINUTE }],
        lives: [{ hours: 20, end: 'SUCCEEDED' }],
      },
      {},
      { step: 'createJob', shielded: true },
    );
    await batch.endsCancelled();
    expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual(batch.google.jobNames());
  });

  test('does not repeat a submission whose job is not found', async () => {
    const batch = await time.start(
      { submissions: [{ kind: 'swallowed' }] },
      {},
      { step: 'createJob', shielded: true },
    );
    await batch.endsCancelled();
    expect(batch.google.posts).toHaveLength(1);
    expect(batch.google.inputsOf('report')[0]?.notes).toHaveLength(1);
  });

  test('ends a batch at once that waits for quota', async () => {
    const batch = await time.start({ submissions: [{ kind: 'refused', code: 'rate-limited' }] });
    await batch.until(({ quota }) => quota !== undefined, 0);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.posts).toHaveLength(1);
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED' });
  });
});

describe('a cancellation while the batch waits for an operator', () => {
  test('searches once more for the job of a stopped submission and cancels it', async () => {
    const batch = await time.start(
      {
        submissions: [{ kind: 'lost', visibleAfterMs: 3 * MINUTE }],
        lives: [{ hours: 20, end: 'SUCCEEDED' }],
      },
      { options: { onUnknownSubmit: 'park' } },
    );
    await batch.until(isStopped);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual(batch.google.jobNames());
  });

  test('ends a batch that waits for approval, without a job', async () => {
    const batch = await time.start({}, { options: { approveAboveUsd: 0 } });
    await batch.until(({ state }) => state === 'AWAITING_APPROVAL', 0);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.steps()).toEqual(['prepare', 'report', 'cleanUp']);
  });
});

describe('a cancellation near the end', () => {
  test('finishes collecting', async () => {
    const batch = await time.start({}, {}, { step: 'collectRound' });
    await batch.endsCancelled();
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED', outputs: { image: 10 } });
  });

  test('comes too late for a batch whose report is written', async () => {
    const batch = await time.start({}, {}, { step: 'cleanUp' });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });
});
