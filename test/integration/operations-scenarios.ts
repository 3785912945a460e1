import { expect } from 'vitest';
import type { ErrorCode } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { listRunning } from '../support/test-batch.ts';
import { buildManifest, item } from './activities-kit.ts';
import {
  createStoppedClockWorld,
  letJobsEnd,
  MANIFEST,
  readJob,
  readSubmissions,
  type Scenario,
  type ScenarioRun,
  waitForEnd,
} from './operations-kit.ts';
import { OWN_WORLDS } from './operations-worlds.ts';

const DENIED: Fault = { fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1 };
const NONE = {};
const REFUSED = buildManifest([item('hero'), item('flat', { prompt: 'A thing [refuse]' })]);

function verifyWhole(...jobs: string[]): Scenario['verify'] {
  return async ({ world, batch }) => {
    letJobsEnd(world);
    expect(await waitForEnd(batch)).toMatchObject({ state: 'COMPLETED', outputs: { image: 2 } });
    expect(await readSubmissions(batch)).toEqual(jobs);
  };
}

function waitForStop(code: ErrorCode): Scenario['begin'] {
  return async ({ batch }) => {
    await batch.stopped(code);
    return readJob(batch);
  };
}

async function waitForApproval({ batch }: ScenarioRun): Promise<Record<string, string>> {
  await batch.until(({ state }) => state === 'AWAITING_APPROVAL');
  return NONE;
}

/** Waits until its job exists and was checked once. */
async function waitForJob({ world, batch }: ScenarioRun): Promise<Record<string, string>> {
  await world.work();
  await batch.until(({ nextCheck }) => nextCheck !== undefined);
  return readJob(batch);
}

const SELDOM = { checkIntervalMs: 1_000_000 };
const LOST: Fault[] = [
  { fault: 'create.answer-lost', times: 1 },
  { fault: 'job.unlisted', afterMs: 12_000 },
];

/** Scenarios whose batches share a world, and those with a separate one. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  nowhere: { begin: async () => NONE, verify: async () => undefined },

  'looked-at': {
    // Answers that are paid for and are those of no output.
    faults: [{ fault: 'line.renamed', key: 'x' }],
    // Enough for one round but not for a second one.
    options: { maxCostUsd: 0.2, labels: ['autumn'] },
    async begin({ batch, world }) {
      await batch.stopped('over-budget');
      const query = `BatchId = '${batch.id}' AND StopReason = 'over-budget' AND OutputsFailed > 0`;
      await batch.until(async () => (await world.client.workflow.count(query)).count > 0);
      return NONE;
    },
    async verify({ batch }, results) {
      for (const { command, output } of results) {
        if (/^hummingbatch (?!doctor)|workflow (list|describe|query)/.test(command))
          expect(output, command).toContain(batch.id);
        if (command.startsWith('temporal workflow query')) expect(output).toContain('"over-budget"');
        if (command.startsWith('temporal workflow count')) expect(output).toMatch(/\d/);
        if (command.startsWith('temporal workflow metadata')) expect(output).toContain('What you can do now');
        if (command.startsWith('temporal task-queue')) expect(output).toMatch(/Pollers:[\s\S]*workflow/);
      }
      await batch.handle.cancel();
    },
  },

  'awaiting-approval': {
    options: { approveAboveUsd: 0 },
    begin: waitForApproval,
    verify: verifyWhole('r1.1'),
  },
  'awaiting-refusal': {
    options: { approveAboveUsd: 0 },
    begin: waitForApproval,
    async verify({ batch }) {
      await expect.poll(() => batch.workflow()).toBe('FAILED');
      expect(await batch.jobs()).toEqual([]);
    },
  },
  'stopped-for-retry': {
    faults: [DENIED],
    begin: waitForStop('permission-denied'),
    verify: verifyWhole('r1.2'),
  },
  'stopped-for-accept': {
    faults: [DENIED],
    begin: waitForStop('permission-denied'),
    async verify({ batch }) {
      expect(await batch.ended()).toMatchObject({
        state: 'COMPLETED_WITH_FAILURES',
        outputs: { missing: 2 },
      });
      expect(await batch.jobs()).toEqual([]);
    },
  },
  'over-budget': {
    options: { maxCostUsd: 0 },
    begin: waitForStop('over-budget'),
    verify: verifyWhole('r1.1'),
  },
  'waiting-long': {
    world: createStoppedClockWorld,
    options: SELDOM,
    async begin(run) {
      const environment = await waitForJob(run);
      letJobsEnd(run.world);
      await run.batch.until(async () => isDone(await run.batch.jobs()));
      return environment;
    },
    verify: verifyWhole('r1.1'),
  },
  'job-runs-for-cancel': {
    world: createStoppedClockWorld,
    begin: waitForJob,
    async verify({ batch }) {
      expect(await batch.ended()).toMatchObject({ state: 'CANCELLED' });
      const jobs = await batch.jobs();
      expect(jobs).toMatchObject([{ cancelled: true }]);
      expect(listRunning(jobs)).toEqual([]);
      expect(await batch.records()).toHaveLength(2);
    },
  },
  ended: {
    manifest: REFUSED,
    async begin({ batch }) {
      await batch.ended();
      return NONE;
    },
    async verify({ batch, world }) {
      await batch.until(async () => (await batch.jobs()).length > 1);
      expect(await waitForEnd(batch)).toMatchObject({
        state: 'COMPLETED_WITH_FAILURES',
        outputs: { image: 1, refused: 1 },
      });
      expect((await batch.jobs()).map(({ rows }) => rows)).toEqual([2, 1]);
      // `run` recognises the batch, regardless of what started its last run.
      const again = await world.hummingbatch.startNormalised({ manifest: REFUSED, batchId: batch.id });
      expect(again.attached).toBe(true);
    },
  },
  'submission-shown': {
    faults: LOST,
    options: { onUnknownSubmit: 'park' },
    async begin({ batch, world }) {
      await batch.stopped('submission-unknown');
      await batch.until(async () => (await readList(world.emulator.url)).includes(`hb/${batch.id}/`));
      return readJob(batch);
    },
    async verify(run, results) {
      const [first] = results;
      if (first?.command.startsWith('curl')) expect(first.output).toContain(`hb/${run.batch.id}/`);
      await verifyWhole('r1.1')(run, results);
    },
  },
  'submission-lost': {
    faults: [{ fault: 'create.cut', times: 1 }],
    options: { onUnknownSubmit: 'park' },
    begin: waitForStop('submission-unknown'),
    verify: verifyWhole('r1.2'),
  },
  'a-schedule': {
    begin: createSchedule,
    async verify({ world, env: { SCHEDULE = '' } }, results) {
      const [list, trigger] = results;
      expect(list?.output).toContain(SCHEDULE);
      const [status] = await findSchedules(world, SCHEDULE);
      expect(status).toMatchObject({ paused: true, fired: 1 });
      expect(trigger?.output).toContain(status?.last?.batchId);
      await world.hummingbatch.schedules.delete(SCHEDULE);
    },
  },
  'a-schedule-to-replace': {
    begin: createSchedule,
    async verify({ world, env: { SCHEDULE = '' } }) {
      expect(await findSchedules(world, SCHEDULE)).toMatchObject([{ cron: '0 6 * * *', fired: 0 }]);
      await world.hummingbatch.schedules.delete(SCHEDULE);
    },
  },
  'job-runs': {
    world: createStoppedClockWorld,
    options: SELDOM,
    begin: waitForJob,
    verify: verifyWhole('r1.1'),
  },
  ...OWN_WORLDS,
};

/** A schedule that never fires automatically in this test, and a manifest that will replace its own. */
async function createSchedule({ world, batch }: ScenarioRun): Promise<Record<string, string>> {
  await world.hummingbatch.schedules.createNormalised({
    manifest: buildManifest([item('hero')]),
    name: batch.id,
    cron: '0 6 1 1 *',
  });
  return { SCHEDULE: batch.id, MANIFEST: await world.manifest(MANIFEST) };
}

async function findSchedules(world: ScenarioRun['world'], wanted: string) {
  return (await world.hummingbatch.schedules.list()).filter(({ name }) => name === wanted);
}

function isDone(jobs: { state: string }[]): boolean {
  return jobs.length > 0 && jobs.every(({ state }) => state === 'SUCCEEDED');
}

async function readList(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1beta/batches?pageSize=1000`, { headers: { 'x-goog-api-key': 'any' } });
  return answer.text();
}
