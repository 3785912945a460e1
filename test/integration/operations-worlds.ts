import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, inject } from 'vitest';
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/contract/search-attributes.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { createGemini } from '../../src/gemini/index.ts';
import { openStore } from '../../src/store/open.ts';
import { temporalCliPath } from '../support/servers.ts';
import { listRunning, openTestBatch } from '../support/test-batch.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';
import {
  createStoppedClockWorld,
  letJobsEnd,
  pendingActivity,
  readSubmissions,
  type Scenario,
  type ScenarioRun,
  startBatch,
  waitForEnd,
} from './operations-kit.ts';
import { WEBHOOK_GONE } from './operations-webhooks.ts';

const NAMESPACE = 'ops-bare';
const keys = ['test-key'];
const processes: WorkerProcess[] = [];

async function expectWhole({ world, batch }: ScenarioRun): Promise<void> {
  letJobsEnd(world);
  expect(await waitForEnd(batch)).toMatchObject({ state: 'COMPLETED', outputs: { image: 2 } });
  expect(await readSubmissions(batch)).toEqual(['r1.1']);
}

const parked: Scenario = {
  options: { onUnknownSubmit: 'park' },
  begin: async () => ({}),
  verify: expectWhole,
};

/** Waits until a step is being retried. */
const failing = {
  world: () => createWorld({ faults: { faults: [{ fault: 'get.refuse', status: 'UNAVAILABLE' }] } }),
  async begin(run: ScenarioRun) {
    await run.world.work();
    await run.batch.until(async () => (await run.batch.lastAttempt()).attempt > 1);
    return { ACTIVITY: (await pendingActivity(run))?.activityId ?? '' };
  },
};

async function endFaults({ emulator }: World): Promise<void> {
  await fetch(`${emulator.url}/emulator/faults`, { method: 'PUT', body: JSON.stringify({ faults: [] }) });
}

/** Scenarios that stop or replace workers, change the emulator's fault plan, or act on all batches of a store. */
export const OWN_WORLDS: Record<string, Scenario> = {
  'many-stopped': {
    world: () => createWorld({ faults: { faults: [denyCreate('ops-many'), cutCreate('ops-unknown')] } }),
    async begin({ world, batch }) {
      await world.work();
      const unknown = await startBatch(world, 'ops-unknown', parked);
      await Promise.all([batch.stopped('permission-denied'), unknown.stopped('submission-unknown')]);
      return {};
    },
    async verify({ world, batch }, [first, second]) {
      expect(first?.output).toContain(batch.id);
      expect(second?.output).toContain('Left out: ops-unknown');
      expect(await batch.ended()).toMatchObject({ state: 'COMPLETED' });
      const unknown = openTestBatch(world, 'ops-unknown');
      expect(await unknown.handle.status()).toMatchObject({ stop: { code: 'submission-unknown' } });
      expect(await unknown.jobs()).toEqual([]);
      await unknown.handle.adopt('none');
      await unknown.ended();
    },
  },

  'step-that-fails': {
    ...failing,
    async verify(run, results) {
      expect(results.find(({ command }) => command.includes('describe'))?.output).toMatch(/Paused/);
      expect(await run.batch.handle.status()).toMatchObject({ state: 'WAITING' });
      await endFaults(run.world);
      await expectWhole(run);
    },
  },

  'step-to-cancel': {
    ...failing,
    async verify({ world, batch }) {
      await batch.until(({ state }) => state === 'CANCELLING');
      await endFaults(world);
      expect(await batch.ended()).toMatchObject({ state: 'CANCELLED' });
      expect(listRunning(await batch.jobs())).toEqual([]);
    },
  },

  'step-that-runs': {
    world: () => createWorld({ faults: { faults: [{ fault: 'upload-start.slow', ms: 8_000, times: 1 }] } }),
    async begin(run) {
      await run.world.work();
      await run.batch.until(({ state }) => state === 'STAGING');
      await run.batch.until(async () => (await pendingActivity(run)) !== undefined);
      return { ACTIVITY: (await pendingActivity(run))?.activityId ?? '' };
    },
    verify: expectWhole,
  },

  'two-workers': {
    world: createStoppedClockWorld,
    async begin({ world, batch }) {
      for (let count = 0; count < 2; count++) processes.push(startWorkerProcess(world));
      await Promise.all(processes.map((worker) => worker.waitForLog('Worker of')));
      await batch.until(({ state }) => state === 'WAITING');
      return { WORKER: String(processes[0]?.pid) };
    },
    async verify(run) {
      expect(await processes[0]?.exited).toBe(0);
      await expectWhole(run);
      await processes[1]?.stop();
    },
  },

  'key-replaced': {
    world: () => createStoppedClockWorld({ keys }),
    async begin({ world, batch }) {
      const stopWorker = await world.work();
      await batch.until(({ check }) => check !== undefined);
      keys.length = 0;
      await batch.stopped('key-invalid');
      await stopWorker();
      keys.push('new-key');
      await world.work({ gemini: createGemini({ baseUrl: world.emulator.url, apiKey: 'new-key' }) });
      return { GEMINI_API_KEY: 'new-key' };
    },
    verify: expectWhole,
  },

  'store-to-move': {
    world: createStoppedClockWorld,
    async begin({ world, batch }) {
      const stopWorker = await world.work();
      await batch.until(({ state }) => state === 'WAITING');
      await stopWorker();
      return { NEW_STORE: join(world.folder, 'moved') };
    },
    async verify({ world, batch }) {
      letJobsEnd(world);
      await world.work({ store: await openStore(join(world.folder, 'moved')) });
      const result = await world.client.workflow.getHandle(batch.handle.workflowId).result();
      expect(result).toMatchObject({ state: 'COMPLETED', outputs: { image: 2 } });
      expect(await readSubmissions(batch)).toEqual(['r1.1']);
    },
  },

  forgotten: {
    world: createStoppedClockWorld,
    async begin({ world, batch }) {
      const stopWorker = await world.work();
      await batch.until(({ state }) => state === 'WAITING');
      await stopWorker();
      const { workflowId } = batch.handle;
      const { workflowService } = world.client;
      await workflowService.deleteWorkflowExecution({
        namespace: 'default',
        workflowExecution: { workflowId },
      });
      const handle = world.client.workflow.getHandle(workflowId);
      const isThere = () =>
        handle.describe().then(
          () => true,
          () => false,
        );
      await expect.poll(isThere, { timeout: 20_000 }).toBe(false);
      await world.work();
      return {};
    },
    async verify(run, [list]) {
      expect(list?.output).toContain(run.batch.id);
      await expectWhole(run);
    },
  },

  'webhook-gone': WEBHOOK_GONE,

  'bare-namespace': {
    world: () => createWorld(),
    async begin({ world, batch }) {
      await world.work();
      await batch.ended();
      const where = ['--address', inject('temporal'), '--namespace', NAMESPACE];
      await promisify(execFile)(await temporalCliPath(), ['operator', 'namespace', 'create', ...where]);
      return { TEMPORAL_NAMESPACE: NAMESPACE };
    },
    async verify({ world }, [create, doctor]) {
      const { customAttributes } = await world.client.connection.operatorService.listSearchAttributes({
        namespace: NAMESPACE,
      });
      expect(Object.keys(customAttributes).sort()).toEqual(Object.keys(SEARCH_ATTRIBUTE_TYPES).sort());
      const pairs = [...(create?.command ?? '').matchAll(/--name (\w+) --type (\w+)/g)];
      expect(Object.fromEntries(pairs.map(([, name, type]) => [name, type]))).toEqual(SEARCH_ATTRIBUTE_TYPES);
      expect(doctor?.output).toContain('All are registered.');
    },
  },
};

function denyCreate(id: string): Fault {
  return { fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1, match: { name: `^hb/${id}` } };
}

function cutCreate(id: string): Fault {
  return { fault: 'create.cut', times: 1, match: { name: `^hb/${id}` } };
}
