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

describe('before anything was submitted', () => {
  test('a batch ends at once: nothing is asked of Google, and there is a report', async () => {
    const batch = await time.start({}, {}, { step: 'stageRound' });
    await batch.endsCancelled();
    expect(batch.google.steps()).toEqual(['prepare', 'stageRound', 'report', 'cleanUp']);
    expect(listReports(batch)).toEqual(['cancelled']);
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED', endedAt: expect.any(String) });
  });

  test('no job is made any more, not even in the moment before its permit', async () => {
    const batch = await time.start({}, {}, { step: 'findJob', shielded: true });
    await batch.endsCancelled();
    expect(batch.google.posts).toEqual([]);
    expect(batch.google.steps()).toEqual(['prepare', 'stageRound', 'findJob', 'report', 'cleanUp']);
  });

  test('there is nothing to report on before the manifest was read', async () => {
    const batch = await time.start({}, {}, { step: 'prepare' });
    await batch.endsCancelled();
    expect(listReports(batch)).toEqual([]);
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED' });
  });

  test('a stopped batch ends without a key, too', async () => {
    const batch = await time.start({ failures: { stageRound: ['no-key'], findJob: ['no-key'] } });
    await batch.until(isStopped, 0);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(listReports(batch)).toEqual(['cancelled']);
  });
});

describe('while a job runs', () => {
  test('it is cancelled, polled to its end, collected and reported', async () => {
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

  test('its end is seen within minutes, however old it is', async () => {
    const batch = await time.start({ lives: [{ hours: 40, end: 'SUCCEEDED' }] });
    await time.sleep(20 * HOUR);
    const at = await time.now();
    await batch.handle.cancel();
    await batch.endsCancelled();
    const { endedAt } = await batch.progress();
    expect(Date.parse(endedAt ?? '') - at).toBeLessThan(5 * MINUTE);
  });

  test('a second cancellation changes nothing', async () => {
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

  test('a job that was deleted meanwhile is no obstacle', async () => {
    const batch = await time.start({ lives: [{ hours: 2, end: 'deleted' }] });
    await batch.until(({ stop }) => stop?.code === 'job-gone', HOUR);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(listReports(batch)).toEqual(['cancelled']);
  });

  test('what cannot be cancelled stops the batch; `accept` ends it and names the job left behind', async () => {
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
      `The job ${batch.google.jobNames()[0]} was left behind at Google.`,
    ]);
  });
});

describe('while it is submitted', () => {
  test('the answer is awaited first, and the job that was made is cancelled', async () => {
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

  test('a submission without an answer is settled first, and its job is cancelled', async () => {
    const batch = await time.start(
      {
        submissions: [{ kind: 'lost', seenAfterMs: MINUTE }],
        lives: [{ hours: 20, end: 'SUCCEEDED' }],
      },
      {},
      { step: 'createJob', shielded: true },
    );
    await batch.endsCancelled();
    expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual(batch.google.jobNames());
  });

  test('a submission of which nothing comes to light is not made again', async () => {
    const batch = await time.start(
      { submissions: [{ kind: 'swallowed' }] },
      {},
      { step: 'createJob', shielded: true },
    );
    await batch.endsCancelled();
    expect(batch.google.posts).toHaveLength(1);
    expect(batch.google.inputsOf('report')[0]?.notes).toHaveLength(1);
  });

  test('a batch that waits for quota ends at once', async () => {
    const batch = await time.start({ submissions: [{ kind: 'refused', code: 'rate-limited' }] });
    await batch.until(({ quota }) => quota !== undefined, 0);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.posts).toHaveLength(1);
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED' });
  });
});

describe('while a person is waited for', () => {
  test('a stopped submission is looked for once more, and its job is cancelled', async () => {
    const batch = await time.start(
      {
        submissions: [{ kind: 'lost', seenAfterMs: 3 * MINUTE }],
        lives: [{ hours: 20, end: 'SUCCEEDED' }],
      },
      { options: { onUnknownSubmit: 'park' } },
    );
    await batch.until(isStopped);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.inputsOf('cancelJob').map(({ job }) => job)).toEqual(batch.google.jobNames());
  });

  test('a batch that awaits approval ends without a job', async () => {
    const batch = await time.start({}, { options: { approveAboveUsd: 0 } });
    await batch.until(({ state }) => state === 'AWAITING_APPROVAL', 0);
    await batch.handle.cancel();
    await batch.endsCancelled();
    expect(batch.google.steps()).toEqual(['prepare', 'report', 'cleanUp']);
  });
});

describe('at its end', () => {
  test('what is being collected is collected all the same', async () => {
    const batch = await time.start({}, {}, { step: 'collectRound' });
    await batch.endsCancelled();
    expect(await batch.progress()).toMatchObject({ state: 'CANCELLED', outputs: { image: 10 } });
  });

  test('a batch whose report is written has completed', async () => {
    const batch = await time.start({}, {}, { step: 'cleanUp' });
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
  });
});
