import { expect } from 'vitest';
import type { ErrorCode } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { listRunning } from '../support/test-batch.ts';
import { buildManifest, item } from './activities-kit.ts';
import {
  endedSoon,
  letJobsEnd,
  MANIFEST,
  readJob,
  readSubmissions,
  type Scenario,
  type Stage,
  stillWorld,
} from './operations-kit.ts';
import { OWN_WORLDS } from './operations-worlds.ts';

const DENIED: Fault = { fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1 };
const NONE = {};
const REFUSED = buildManifest([item('hero'), item('flat', { prompt: 'A thing [refuse]' })]);

function whole(...jobs: string[]): Scenario['promise'] {
  return async ({ world, batch }) => {
    letJobsEnd(world);
    expect(await endedSoon(batch)).toMatchObject({ state: 'COMPLETED', outputs: { image: 2 } });
    expect(await readSubmissions(batch)).toEqual(jobs);
  };
}

function stopped(code: ErrorCode): Scenario['begin'] {
  return async ({ batch }) => {
    await batch.stopped(code);
    return readJob(batch);
  };
}

async function awaiting({ batch }: Stage): Promise<Record<string, string>> {
  await batch.until(({ state }) => state === 'AWAITING_APPROVAL');
  return NONE;
}

/** Its job is made and was looked at once. */
async function jobRuns({ world, batch }: Stage): Promise<Record<string, string>> {
  await world.work();
  await batch.until(({ nextCheck }) => nextCheck !== undefined);
  return readJob(batch);
}

const SELDOM = { checkIntervalMs: 1_000_000 };
const LOST: Fault[] = [
  { fault: 'create.answer-lost', times: 1 },
  { fault: 'job.unlisted', afterMs: 12_000 },
];

/** Those whose batches may share a world, and those that may not. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  nowhere: { begin: async () => NONE, promise: async () => undefined },

  'looked-at': {
    // Paid for, and no image.
    faults: [{ fault: 'line.no-picture' }],
    // Enough for one round, and not for a second one.
    options: { maxCostUsd: 0.2, labels: ['autumn'] },
    async begin({ batch, world }) {
      await batch.stopped('over-budget');
      const query = `BatchId = '${batch.id}' AND StopReason = 'over-budget' AND OutputsFailed > 0`;
      await batch.until(async () => (await world.client.workflow.count(query)).count > 0);
      return NONE;
    },
    async promise({ batch }, heard) {
      for (const { command, output } of heard) {
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

  'awaiting-approval': { options: { approveAboveUsd: 0 }, begin: awaiting, promise: whole('r1.1') },
  'awaiting-refusal': {
    options: { approveAboveUsd: 0 },
    begin: awaiting,
    async promise({ batch }) {
      await expect.poll(() => batch.workflow()).toBe('FAILED');
      expect(await batch.jobs()).toEqual([]);
    },
  },
  'stopped-for-retry': { faults: [DENIED], begin: stopped('permission-denied'), promise: whole('r1.2') },
  'stopped-for-accept': {
    faults: [DENIED],
    begin: stopped('permission-denied'),
    async promise({ batch }) {
      expect(await batch.ended()).toMatchObject({
        state: 'COMPLETED_WITH_FAILURES',
        outputs: { missing: 2 },
      });
      expect(await batch.jobs()).toEqual([]);
    },
  },
  'over-budget': { options: { maxCostUsd: 0 }, begin: stopped('over-budget'), promise: whole('r1.1') },
  'waiting-long': {
    world: stillWorld,
    options: SELDOM,
    async begin(stage) {
      const told = await jobRuns(stage);
      letJobsEnd(stage.world);
      await stage.batch.until(async () => isDone(await stage.batch.jobs()));
      return told;
    },
    promise: whole('r1.1'),
  },
  'job-runs-for-cancel': {
    world: stillWorld,
    begin: jobRuns,
    async promise({ batch }) {
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
    async promise({ batch, world }) {
      await batch.until(async () => (await batch.jobs()).length > 1);
      expect(await endedSoon(batch)).toMatchObject({
        state: 'COMPLETED_WITH_FAILURES',
        outputs: { image: 1, refused: 1 },
      });
      expect((await batch.jobs()).map(({ rows }) => rows)).toEqual([2, 1]);
      // Whoever started the last run, `run` knows it for the same batch.
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
    async promise(stage, heard) {
      const [first] = heard;
      if (first?.command.startsWith('curl')) expect(first.output).toContain(`hb/${stage.batch.id}/`);
      await whole('r1.1')(stage, heard);
    },
  },
  'submission-lost': {
    faults: [{ fault: 'create.cut', times: 1 }],
    options: { onUnknownSubmit: 'park' },
    begin: stopped('submission-unknown'),
    promise: whole('r1.2'),
  },
  'a-schedule': {
    begin: scheduled,
    async promise({ world, env: { SCHEDULE = '' } }, heard) {
      const [list, trigger] = heard;
      expect(list?.output).toContain(SCHEDULE);
      const [status] = await schedulesNamed(world, SCHEDULE);
      expect(status).toMatchObject({ paused: true, fired: 1 });
      expect(trigger?.output).toContain(status?.last?.batchId);
      await world.hummingbatch.schedules.delete(SCHEDULE);
    },
  },
  'a-schedule-to-replace': {
    begin: scheduled,
    async promise({ world, env: { SCHEDULE = '' } }) {
      expect(await schedulesNamed(world, SCHEDULE)).toMatchObject([{ cron: '0 6 * * *', fired: 0 }]);
      await world.hummingbatch.schedules.delete(SCHEDULE);
    },
  },
  'job-runs': { world: stillWorld, options: SELDOM, begin: jobRuns, promise: whole('r1.1') },
  ...OWN_WORLDS,
};

/** A schedule that never fires by itself here, and a manifest that is to replace its own. */
async function scheduled({ world, batch }: Stage): Promise<Record<string, string>> {
  await world.hummingbatch.schedules.createNormalised({
    manifest: buildManifest([item('hero')]),
    name: batch.id,
    cron: '0 6 1 1 *',
  });
  return { SCHEDULE: batch.id, MANIFEST: await world.manifest(MANIFEST) };
}

async function schedulesNamed(world: Stage['world'], wanted: string) {
  return (await world.hummingbatch.schedules.list()).filter(({ name }) => name === wanted);
}

function isDone(jobs: { state: string }[]): boolean {
  return jobs.length > 0 && jobs.every(({ state }) => state === 'SUCCEEDED');
}

async function readList(url: string): Promise<string> {
  const answer = await fetch(`${url}/v1beta/batches?pageSize=1000`, { headers: { 'x-goog-api-key': 'any' } });
  return answer.text();
}
