import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchOptions, ErrorCode, JobState } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { listRunning, openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const OUTPUTS = 10;
const JOB_SECONDS = 2;

interface Case {
  id: string;
  says: string;
  /** What happens to the first job. */
  faults: Fault[];
  options?: Partial<BatchOptions>;
  /** The code for which the batch stops, before a person goes on with it. */
  stops?: ErrorCode;
  /** The command that the stop names. */
  fix?: string;
  /** Its jobs by submission, with how many rows each has. */
  jobs: Record<string, number>;
  /** How the first one ended, by the report. */
  first: JobState;
}

/** A whole round again, in place of the job whose answers nobody will see. */
const SAME_ROUND = { 'r1.1': OUTPUTS, 'r1.2': OUTPUTS };
const NEXT_ROUND = { 'r1.1': OUTPUTS, 'r2.1': OUTPUTS };
const ONE_JOB = { 'r1.1': OUTPUTS };

/** One that fails for quota (8) is made again after a minute: `test/workflow/job-ends.test.ts` lets it pass. */
const CASES: Case[] = [
  { id: 'end-succeeded', says: 'that succeeds is collected', faults: [], jobs: ONE_JOB, first: 'SUCCEEDED' },
  {
    id: 'end-expired',
    says: 'that expires leaves its outputs to the next round',
    faults: [{ fault: 'job.expired' }],
    jobs: NEXT_ROUND,
    first: 'EXPIRED',
  },
  {
    id: 'end-failed-13',
    says: 'that fails inside of Google (13) leaves its outputs to the next round',
    faults: [{ fault: 'job.failed', code: 13 }],
    jobs: NEXT_ROUND,
    first: 'FAILED',
  },
  {
    id: 'end-failed-3',
    says: 'that Google rejects as a whole (3) stops the batch, and is made again in its round',
    faults: [{ fault: 'job.failed', code: 3, message: 'the model is not for this' }],
    stops: 'job-rejected',
    fix: 'hummingbatch retry end-failed-3',
    jobs: SAME_ROUND,
    first: 'FAILED',
  },
  {
    id: 'end-cancelled',
    says: 'that somebody else cancels before it runs stops the batch, and is made again in its round',
    faults: [{ fault: 'job.cancelled' }],
    stops: 'job-cancelled',
    fix: 'hummingbatch retry end-cancelled',
    jobs: SAME_ROUND,
    first: 'CANCELLED',
  },
  {
    // It ends as SUCCEEDED with what it had done: 0.8 of the 1.6 s that it runs are over.
    id: 'end-cut-short',
    says: 'that somebody else cancels while it runs keeps what it finished; the rest makes a smaller job',
    faults: [{ fault: 'job.cancelled', afterMs: 1_200 }],
    jobs: { 'r1.1': OUTPUTS, 'r2.1': OUTPUTS / 2 },
    first: 'SUCCEEDED',
  },
  {
    id: 'end-deleted',
    says: 'that somebody deletes stops the batch, and is made again in its round',
    faults: [{ fault: 'job.deleted', afterMs: 1_000 }],
    stops: 'job-gone',
    fix: 'hummingbatch retry end-deleted',
    jobs: SAME_ROUND,
    first: 'UNKNOWN',
  },
  {
    id: 'end-no-result',
    says: 'whose results are not there stops the batch, and a retry asks for them again and makes nothing',
    faults: [{ fault: 'download.refuse', status: 'NOT_FOUND', times: 2 }],
    stops: 'result-gone',
    fix: 'hummingbatch accept end-no-result',
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  {
    id: 'end-strange',
    says: 'in a state that nobody knows is waited for',
    faults: [{ fault: 'get.state', state: 'BATCH_STATE_PAUSED', times: 1 }],
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  {
    id: 'end-job-state',
    says: 'whose state is spelled JOB_STATE_ is understood',
    faults: [{ fault: 'get.job-state' }],
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  {
    id: 'end-no-time',
    says: 'whose create time is no time is looked at like any other',
    faults: [{ fault: 'get.bad-time' }],
    jobs: ONE_JOB,
    first: 'SUCCEEDED',
  },
  ...(['PENDING', 'RUNNING'] as const).map(
    (state): Case => ({
      id: `end-stuck-${state.toLowerCase()}`,
      says: `that is ${state} for ever is cancelled at its deadline, and its outputs go to the next round`,
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

  /** Starts it, goes on with it where it stops, and is there when it has ended. */
  async function play({ id, options, stops, fix }: Case): Promise<TestBatch> {
    const manifest = buildManifest([item('a', { count: OUTPUTS })]);
    await world.hummingbatch.startNormalised({ manifest, batchId: id, options: { ...options } });
    const batch = openTestBatch(world, id);
    if (stops) {
      const stop = await batch.stopped();
      expect(stop, id).toMatchObject({ code: stops, fix: expect.stringContaining(`\`${fix}\``) });
      await batch.retry();
    }
    await batch.ended();
    return batch;
  }

  beforeAll(async () => {
    world = await createWorld({ jobSeconds: JOB_SECONDS, faults: { faults: CASES.flatMap(onFirstJob) } });
    await world.work();
    // All at once; each test waits for its own, and a failure is its own.
    for (const row of CASES) {
      const playing = play(row);
      playing.catch(() => undefined);
      batches.set(row.id, playing);
    }
  });
  afterAll(() => world.close());

  test.each(CASES)('$says', async ({ id, jobs, first, stops }) => {
    const batch = (await batches.get(id)) as TestBatch;
    const made = await batch.jobs();
    expect(Object.fromEntries(made.map((job) => [parseSubmission(job), job.rows]))).toEqual(jobs);
    expect(listRunning(made)).toEqual([]);
    expect(made.filter(({ cancelled }) => cancelled)).toHaveLength(id.startsWith('end-stuck') ? 1 : 0);

    const report = await batch.report();
    expect(report).toMatchObject({ state: 'COMPLETED', outputs: { total: OUTPUTS, image: OUTPUTS } });
    expect(report.jobs.map(({ name }) => name)).toEqual(made.map(({ name }) => name));
    expect(report.jobs[0]?.state).toBe(first);
    expect(stops === undefined || (await batch.handle.status()).stop === undefined).toBe(true);
  });

  test('is asked for again after a state that nobody knows', async () => {
    const [job] = (await (await batches.get('end-strange'))?.jobs()) ?? [];
    expect((await world.emulator.ledger()).faults['get.state']).toBeGreaterThan(0);
    expect(job?.gets).toBeGreaterThan(1);
  });

  test('that was cut short has its images from both jobs, each paid for once', async () => {
    const batch = (await batches.get('end-cut-short')) as TestBatch;
    const rounds = (await batch.records()).map(({ round }) => round);
    expect(rounds).toEqual([...Array(OUTPUTS / 2).fill(1), ...Array(OUTPUTS / 2).fill(2)]);
    const billed = (await batch.jobs()).map(({ imagesBilled }) => imagesBilled);
    expect(billed).toEqual([OUTPUTS / 2, OUTPUTS / 2]);
  });
});
