import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Action, BatchOptions, ErrorCode, JobState } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { listRunning, openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const OUTPUTS = 10;
const JOB_SECONDS = 2;

interface Case {
  id: string;
  title: string;
  /** Faults of the first job. */
  faults: Fault[];
  options?: Partial<BatchOptions>;
  /** The code with which the batch stops before an operator retries it. */
  stops?: ErrorCode;
  /** The first action of the stop. */
  action?: Action;
  /** Its jobs by submission, with the number of rows of each. */
  jobs: Record<string, number>;
  /** The final state of the first job in the report. */
  first: JobState;
}

/** A second job of the same round, because the answers of the first are lost. */
const SAME_ROUND = { 'r1.1': OUTPUTS, 'r1.2': OUTPUTS };
const NEXT_ROUND = { 'r1.1': OUTPUTS, 'r2.1': OUTPUTS };
const ONE_JOB = { 'r1.1': OUTPUTS };

/** A job that fails for quota (8) is created again after a minute: test/workflow/job-ends.test.ts covers it with skipped time. */
const CASES: Case[] = [
  {
    id: 'end-succeeded',
    title: 'is collected if it succeeds',
    faults: [],
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  {
    id: 'end-expired',
    title: 'leaves its outputs to the next round if it expires',
    faults: [{ fault: 'job.expired' }],
    jobs: NEXT_ROUND,
    first: 'EXPIRED',
  },
  {
    id: 'end-failed-13',
    title: 'leaves its outputs to the next round if it fails inside Google (13)',
    faults: [{ fault: 'job.failed', code: 13 }],
    jobs: NEXT_ROUND,
    first: 'FAILED',
  },
  {
    id: 'end-failed-3',
    title: 'stops the batch if Google rejects it as a whole (3); a retry creates it again in the same round',
    faults: [{ fault: 'job.failed', code: 3, message: 'the model is not for this' }],
    stops: 'job-rejected',
    action: { action: 'retry', batchId: 'end-failed-3' },
    jobs: SAME_ROUND,
    first: 'FAILED',
  },
  {
    id: 'end-cancelled',
    title:
      'stops the batch if it is cancelled from outside before it runs; a retry creates it again in the same round',
    faults: [{ fault: 'job.cancelled' }],
    stops: 'job-cancelled',
    action: { action: 'retry', batchId: 'end-cancelled' },
    jobs: SAME_ROUND,
    first: 'CANCELLED',
  },
  {
    // It ends as SUCCEEDED with the rows finished so far: it was cancelled after 0.8 of its 1.6 s.
    id: 'end-cut-short',
    title:
      'keeps its finished images if it is cancelled from outside while it runs; the rest becomes a smaller job',
    faults: [{ fault: 'job.cancelled', afterMs: 1_200 }],
    jobs: { 'r1.1': OUTPUTS, 'r2.1': OUTPUTS / 2 },
    first: 'SUCCEEDED',
  },
  {
    id: 'end-deleted',
    title: 'stops the batch if it is deleted; a retry creates it again in the same round',
    faults: [{ fault: 'job.deleted', afterMs: 1_000 }],
    stops: 'job-gone',
    action: { action: 'retry', batchId: 'end-deleted', paysAgain: true },
    jobs: SAME_ROUND,
    first: 'UNKNOWN',
  },
  {
    id: 'end-no-result',
    title: 'stops the batch if its results are missing; a retry requests them again without a new job',
    faults: [{ fault: 'download.refuse', status: 'NOT_FOUND', times: 2 }],
    stops: 'result-gone',
    action: { action: 'accept', batchId: 'end-no-result' },
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  {
    id: 'end-strange',
    title: 'is waited for while its state is unknown',
    faults: [{ fault: 'get.state', state: 'BATCH_STATE_PAUSED', times: 1 }],
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  {
    id: 'end-job-state',
    title: 'is understood if its state has the prefix JOB_STATE_',
    faults: [{ fault: 'get.job-state' }],
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  {
    id: 'end-no-time',
    title: 'is checked as usual if its create time is invalid',
    faults: [{ fault: 'get.bad-time' }],
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  ...(['PENDING', 'RUNNING'] as const).map(
    (state): Case => ({
      id: `end-stuck-${state.toLowerCase()}`,
      title: `is cancelled at its deadline if it stays ${state}, and its outputs go to the next round`,
      faults: [{ fault: 'job.stuck', state }],
      options: { deadlineMs: 3_000 },
      jobs: NEXT_ROUND,
      first: state === 'PENDING' ? 'CANCELLED' : 'SUCCEEDED',
    }),
  ),
];

const onFirstJob = ({ id, faults }: Case): Fault[] =>
  faults.map((fault) => ({ ...fault, match: { name: `^hb/${id}/\\w+/r1\\.1$` } }));

describe('a job', () => {
  let world: World;
  const batches = new Map<string, Promise<TestBatch>>();

  /** Starts the batch, retries it after its stop, and waits for its end. */
  async function runCase({ id, options, stops, action }: Case): Promise<TestBatch> {
    const manifest = buildManifest([item('a', { count: OUTPUTS })]);
    await world.hummingbatch.startNormalised({ manifest, batchId: id, options: { ...options } });
    const batch = openTestBatch(world, id);
    if (stops) {
      const stop = await batch.stopped();
      expect(stop, id).toMatchObject({ code: stops });
      expect(stop.actions[0], id).toEqual(action);
      await batch.retry();
    }
    await batch.ended();
    return batch;
  }

  beforeAll(async () => {
    world = await createWorld({ jobSeconds: JOB_SECONDS, faults: { faults: CASES.flatMap(onFirstJob) } });
    await world.work();
    // All batches run at the same time. Each test waits for its own, so a failure belongs to one test.
    for (const row of CASES) {
      const playing = runCase(row);
      playing.catch(() => undefined);
      batches.set(row.id, playing);
    }
  });
  afterAll(() => world.close());

  test.each(CASES)('$title', async ({ id, jobs, first, stops }) => {
    const batch = (await batches.get(id)) as TestBatch;
    const jobsMade = await batch.jobs();
    expect(Object.fromEntries(jobsMade.map((job) => [parseSubmission(job), job.rows]))).toEqual(jobs);
    expect(listRunning(jobsMade)).toEqual([]);
    expect(jobsMade.filter(({ cancelled }) => cancelled)).toHaveLength(id.startsWith('end-stuck') ? 1 : 0);

    const report = await batch.report();
    expect(report).toMatchObject({ state: 'COMPLETED', outputs: { total: OUTPUTS, image: OUTPUTS } });
    expect(report.jobs.map(({ name }) => name)).toEqual(jobsMade.map(({ name }) => name));
    expect(report.jobs[0]?.state).toBe(first);
    expect(stops === undefined || (await batch.handle.status()).stop === undefined).toBe(true);
  });

  test('is checked again after an unknown state', async () => {
    const [job] = (await (await batches.get('end-strange'))?.jobs()) ?? [];
    expect((await world.emulator.ledger()).faults['get.state']).toBeGreaterThan(0);
    expect(job?.gets).toBeGreaterThan(1);
  });

  test('that was cut short and the job after it give all images, each paid for once', async () => {
    const batch = (await batches.get('end-cut-short')) as TestBatch;
    const rounds = (await batch.records()).map(({ round }) => round);
    expect(rounds).toEqual([...Array(OUTPUTS / 2).fill(1), ...Array(OUTPUTS / 2).fill(2)]);
    const billed = (await batch.jobs()).map(({ imagesBilled }) => imagesBilled);
    expect(billed).toEqual([OUTPUTS / 2, OUTPUTS / 2]);
  });
});
