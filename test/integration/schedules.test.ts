import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { type BatchResult, toScheduleId, toWorkflowId } from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import type { ManifestInput } from '../../src/manifest/index.ts';
import { namePrefix, openTestBatch } from '../support/test-batch.ts';
import { startWorkerProcess } from '../support/worker-process.ts';
import { createWorld, type World } from '../support/world.ts';
import { picture } from './activities-kit.ts';
import { createDesk, manifestText } from './cli-kit.ts';

const DAILY = '0 6 * * *';
/** With seven fields, the first one is seconds. */
const EVERY_SECOND = '* * * * * * *';

const buildManifest = (name: string, more: Partial<ManifestInput> = {}): ManifestInput => ({
  name,
  model: 'nano-banana-pro',
  items: [{ key: 'a', prompt: 'A bottle', count: 2 }],
  ...more,
});

/** Waits until the function returns a value. The time-out of the test ends a wait that never does. */
async function until<T>(read: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await read();
    if (found) return found;
    await pause(200);
  }
}

/** Waits for the next second, because the batch id contains the second of the firing. */
function waitForNextSecond(): Promise<unknown> {
  const second = Math.floor(Date.now() / 1000);
  return until(async () => Math.floor(Date.now() / 1000) !== second);
}

describe('a schedule', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld({
      jobSeconds: 1,
      faults: {
        faults: [{ fault: 'job.stuck', state: 'RUNNING', match: { name: namePrefix('long-[^/]+') } }],
      },
    });
    await world.work();
  });
  afterAll(() => world.close());

  const readStatus = async (name: string) =>
    (await world.hummingbatch.schedules.list()).find((schedule) => schedule.name === name);

  async function fire(name: string): Promise<string> {
    await waitForNextSecond();
    const { batchId } = await world.hummingbatch.schedules.trigger(name);
    if (!batchId) throw new Error(`${name} did not fire.`);
    return batchId;
  }

  const nameFiring = (name: string, batchId: string) => {
    const [, day = '', time = ''] = /-(\d{8})-(\d{6})$/.exec(batchId) ?? [];
    const at = `${day}T${time}Z`.replace(/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/, '$1-$2-$3T$4:$5:$6Z');
    return world.client.workflow.getHandle(`${toScheduleId(name)}-${at}`);
  };

  test('makes a new batch at each firing, named by its time, from the copy in the store', async () => {
    const path = await world.manifest(
      buildManifest('Bottles & More', {
        references: { bottle: './refs/bottle.png' },
        items: [{ key: 'hero', prompt: 'The bottle', references: ['bottle'], count: 2 }],
      }),
      { 'refs/bottle.png': await picture(3) },
    );
    const created = await world.hummingbatch.schedules.create({ manifest: path, cron: EVERY_SECOND });
    expect(created).toMatchObject({
      name: 'bottles-more',
      timezone: 'UTC',
      overlap: 'allow',
      attached: false,
    });
    // The original files are not needed any more.
    await world.manifest({}, { 'refs/bottle.png': Buffer.from('gone') });
    const ids = await until(async () => {
      const stored = (await world.store.folders('batches/')).filter((id) => id.startsWith('bottles-more-'));
      return stored.length >= 2 && stored;
    });
    await world.hummingbatch.schedules.delete('bottles-more');
    const [first = '', second = ''] = ids;
    expect(first).toMatch(/^bottles-more-\d{8}-\d{6}$/);
    expect(second).not.toBe(first);
    for (const id of ids)
      expect(await world.hummingbatch.batch(id).wait()).toMatchObject({
        state: 'COMPLETED',
        outputs: { total: 2, image: 2 },
      });
    const result = (await nameFiring('bottles-more', first).result()) as BatchResult;
    expect(result).toMatchObject({ batchId: first, state: 'COMPLETED' });
    expect(await world.hummingbatch.schedules.list()).toEqual([]);
  });

  test('shows in Temporal which batch a firing makes, and is not listed as a batch', async () => {
    await world.hummingbatch.schedules.create({
      manifest: buildManifest('long-shown'),
      cron: DAILY,
      name: 'long-shown',
    });
    const id = await fire('long-shown');
    await openTestBatch(world, id).until(({ state }) => state === 'WAITING');
    const { userMetadata, raw } = await describeFully(nameFiring('long-shown', id).workflowId);
    expect(raw).toBe('scheduledBatch');
    expect(userMetadata).toContain(toWorkflowId(id));
    expect(userMetadata).toContain(`hummingbatch status ${id}`);
    const child = await world.client.workflow.getHandle(toWorkflowId(id)).describe();
    expect(child.memo).toMatchObject({
      store: world.store.id,
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const { batches } = await world.hummingbatch.list();
    expect(
      batches.filter(({ batchId }) => batchId.startsWith('long-shown')).map(({ batchId }) => batchId),
    ).toEqual([id]);
    const query = `BatchState IN ("WAITING") AND TaskQueue = "${world.taskQueue}"`;
    const counted = await until(async () => (await world.client.workflow.count(query)).count || undefined);
    expect(counted).toBe(1);
    // Starting it again manually attaches to the same batch.
    const manifest = buildManifest('long-shown');
    expect(await world.hummingbatch.startBatch({ manifest, batchId: id })).toMatchObject({ attached: true });
    await world.hummingbatch.batch(id).cancel();
    await world.hummingbatch.batch(id).wait();
    await world.hummingbatch.schedules.delete('long-shown');
  });

  async function describeFully(workflowId: string) {
    const handle = world.client.workflow.getHandle(workflowId);
    const { type, raw } = await handle.describe();
    const metadata = (await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')) ?? {};
    expect(raw.executionConfig?.userMetadata?.summary).toBeDefined();
    return { raw: type, userMetadata: metadata.currentDetails ?? '' };
  }

  test('cancels its batch if a firing is cancelled, but not if it is terminated', async () => {
    await world.hummingbatch.schedules.create({ manifest: buildManifest('long-ended'), cron: DAILY });
    const [cancelled, terminated] = [await fire('long-ended'), await fire('long-ended')];
    for (const id of [cancelled, terminated])
      await openTestBatch(world, id).until(({ state }) => state === 'WAITING');
    await nameFiring('long-ended', terminated).terminate();
    await nameFiring('long-ended', cancelled).cancel();
    expect(await world.hummingbatch.batch(cancelled).wait()).toMatchObject({ state: 'CANCELLED' });
    await until(
      async () => (await nameFiring('long-ended', cancelled).describe()).status.name === 'CANCELLED',
    );
    expect(await world.store.head(batchPlaces(cancelled).report)).toBeDefined();
    expect(await world.hummingbatch.batch(terminated).status()).toMatchObject({ state: 'WAITING' });
    await world.hummingbatch.batch(terminated).cancel();
    await world.hummingbatch.schedules.delete('long-ended');
  });

  test('attaches to a running batch with the id of a firing, but refuses one with other content', async () => {
    const manifest = buildManifest('long-taken');
    await world.hummingbatch.schedules.create({ manifest, cron: DAILY });
    const id = await fire('long-taken');
    await openTestBatch(world, id).until(({ state }) => state === 'WAITING');
    const [input] = (await readArguments(nameFiring('long-taken', id).workflowId)) as [object];
    // The same second again, as after a reset: the batch belongs to this firing, whatever started it.
    await nameFiring('long-taken', id).terminate();
    const again = await startFiring(id, input);
    expect(await again.result()).toEqual({ batchId: id, attached: true });
    const taken = 'long-taken-20010101-000000';
    const otherManifest = buildManifest('long-taken', { model: 'nano-banana-2.1' });
    const start = () => world.hummingbatch.startBatch({ manifest: otherManifest, batchId: taken });
    await expect(start()).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(taken) });
    // As if another program had put it there.
    const { manifest: place } = await world.hummingbatch.putBatch({
      manifest: otherManifest,
      batchId: 'taken',
    });
    await world.store.put(batchPlaces(taken).manifest, (await world.store.get(place?.uri ?? '')) ?? '');
    const other = await startFiring(taken, input);
    await expect(other.result()).rejects.toMatchObject({ cause: { type: 'batch-conflict' } });
    await world.hummingbatch.batch(id).cancel();
    await world.hummingbatch.schedules.delete('long-taken');
  });

  async function readArguments(workflowId: string): Promise<unknown[]> {
    const { events } = await world.client.workflow.getHandle(workflowId).fetchHistory();
    const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    return payloads.map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()));
  }

  /** Starts a firing manually for the time in the id of its batch. */
  const startFiring = (batchId: string, input: object) => {
    const [, day = '', time = ''] = /-(\d{8})-(\d{6})$/.exec(batchId) ?? [];
    const iso = `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`;
    return world.client.workflow.start('scheduledBatch', {
      workflowId: `by-hand-${batchId}`,
      taskQueue: world.taskQueue,
      args: [input],
      searchAttributes: { TemporalScheduledStartTime: [new Date(iso)] },
    });
  };

  test('skips and counts a firing while the previous batch runs, if the overlap policy says so', async () => {
    await world.hummingbatch.schedules.create({
      manifest: buildManifest('long-skip'),
      cron: EVERY_SECOND,
      overlap: 'skip',
    });
    const seen = await until(async () => {
      const status = await readStatus('long-skip');
      return status && status.skipped > 1 && status;
    });
    expect(seen).toMatchObject({ fired: 1, missed: 0, overlap: 'skip' });
    await world.hummingbatch.schedules.pause('long-skip');
    const { code, stdout } = await (await openDesk()).run(['doctor', '--json']);
    expect(code).toBe(1);
    const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
    expect(checks.find(({ name }) => name === 'schedules')).toMatchObject({
      level: 'hint',
      message: expect.stringMatching(
        /^long-skip has skipped \d+ firings while the batch of the firing before ran \(since/,
      ),
      fix: expect.stringContaining('hummingbatch schedule trigger NAME'),
    });
    await world.hummingbatch.schedules.delete('long-skip');
    // The batch continues without its schedule.
    const { batchId = '' } = seen.last ?? {};
    await openTestBatch(world, batchId).until(({ state }) => state === 'WAITING');
    await world.hummingbatch.batch(batchId).cancel();
  });

  test('fires only by a trigger while it is paused, and again after it is resumed', async () => {
    const { schedules } = world.hummingbatch;
    await schedules.create({ manifest: buildManifest('paused'), cron: EVERY_SECOND });
    await until(async () => (await readStatus('paused'))?.fired);
    await schedules.pause('paused');
    await schedules.pause('paused');
    const { fired = 0 } = (await readStatus('paused')) ?? {};
    // Three firing times pass.
    for (const _ of [1, 2, 3]) await waitForNextSecond();
    expect(await readStatus('paused')).toMatchObject({ paused: true, fired, missed: 0 });
    const { batchId = '' } = await schedules.trigger('paused');
    expect(await world.hummingbatch.batch(batchId).wait()).toMatchObject({ state: 'COMPLETED' });
    await schedules.resume('paused');
    await until(async () => ((await readStatus('paused'))?.fired ?? 0) > fired + 1);
    await schedules.delete('paused');
  });

  test('is created once: the same request attaches; other content, times or options are refused', async () => {
    const { schedules } = world.hummingbatch;
    const request = { manifest: buildManifest('once'), cron: DAILY };
    expect(await schedules.create(request)).toMatchObject({ attached: false });
    expect(await schedules.create(request)).toMatchObject({ attached: true, cron: DAILY });
    const others = [
      [
        { ...request, manifest: buildManifest('once', { model: 'nano-banana-2.1' }) },
        'with another manifest',
      ],
      [{ ...request, cron: '0 7 * * *' }, 'with another cron'],
      [{ ...request, timezone: 'Europe/Berlin' }, 'with another time zone'],
      [{ ...request, overlap: 'skip' as const }, 'with another overlap'],
      [{ ...request, options: { maxCostUsd: 1 } }, 'with other options'],
      [{ ...request, manifest: buildManifest('once', { run: { maxCostUsd: 1 } }) }, 'with other options'],
    ] as const;
    for (const [other, message] of others)
      await expect(schedules.create(other)).rejects.toMatchObject({
        code: 'batch-conflict',
        message: `The schedule once exists already, ${message}.`,
        actions: [{ action: 'delete-schedule', schedule: 'once' }],
      });
    await schedules.delete('once');
    const [[replaced]] = others;
    expect(await schedules.create(replaced)).toMatchObject({ attached: false });
    await schedules.delete('once');
  });

  test('is refused with Temporal’s message if Temporal does not accept its times', async () => {
    const { schedules } = world.hummingbatch;
    const request = { manifest: buildManifest('wrong'), cron: DAILY };
    const wrong = [
      [{ ...request, cron: '61 * * * *' }, 'Minute is not in range'],
      [{ ...request, cron: 'every day' }, 'does not have 5-7 fields'],
      [{ ...request, timezone: 'Mars/Phobos' }, 'unknown time zone Mars/Phobos'],
      [{ ...request, name: 'Not A Name' }, 'schedule must be 1 to 44 lower-case letters'],
      [{ ...request, name: 'x'.repeat(45) }, 'schedule must be 1 to 44 lower-case letters'],
      [{ ...request, overlap: 'sometimes' as 'skip' }, 'is not a valid overlap'],
    ] as const;
    for (const [other, message] of wrong)
      await expect(schedules.create(other)).rejects.toMatchObject({
        code: 'usage',
        message: expect.stringContaining(message),
      });
    expect(await readStatus('wrong')).toBeUndefined();
  });

  test('of another store is neither listed nor changed, and its name cannot be used', async () => {
    const other = await createWorld({ emulator: world.emulator });
    try {
      await other.hummingbatch.schedules.create({ manifest: buildManifest('theirs'), cron: DAILY });
      // Temporal itself lists it.
      await until(async () => {
        for await (const { scheduleId } of world.client.schedule.list())
          if (scheduleId === toScheduleId('theirs')) return true;
        return false;
      });
      expect(await readStatus('theirs')).toBeUndefined();
      expect(await other.hummingbatch.schedules.list()).toMatchObject([{ name: 'theirs' }]);
      for (const act of ['pause', 'resume', 'trigger', 'delete'] as const)
        await expect(world.hummingbatch.schedules[act]('theirs')).rejects.toMatchObject({
          code: 'not-found',
        });
      await expect(
        world.hummingbatch.schedules.create({ manifest: buildManifest('theirs'), cron: DAILY }),
      ).rejects.toMatchObject({
        code: 'batch-conflict',
        message: expect.stringContaining('for another store'),
      });
      // That this store has seen the name does not show it the schedule either.
      expect(await world.store.folders('schedules/')).toContain('theirs');
      expect(await readStatus('theirs')).toBeUndefined();
      await other.hummingbatch.schedules.delete('theirs');
    } finally {
      await other.close();
    }
  });

  async function openDesk() {
    return createDesk({
      TEMPORAL_ADDRESS: inject('temporal'),
      HUMMINGBATCH_STORE: world.store.location,
      HUMMINGBATCH_TASK_QUEUE: world.taskQueue,
      HUMMINGBATCH_CHECK_INTERVAL: '1s',
    });
  }

  test('is created, listed, paused, triggered and deleted from the command line', async () => {
    const desk = await openDesk();
    await desk.write('m.yaml', manifestText('typed'));
    const create = ['schedule', 'create', '--cron', DAILY, '--timezone', 'Europe/Berlin', 'm.yaml', '--json'];
    const created = await desk.run(create);
    expect(created, created.stderr).toMatchObject({ code: 0 });
    expect(created.stderr).toContain('Each firing:');
    expect(created.stderr).toContain('0.20 USD');
    expect(JSON.parse(created.stdout)).toMatchObject({
      name: 'typed',
      attached: false,
      paused: false,
      last: null,
    });
    expect(JSON.parse((await desk.run(create)).stdout)).toMatchObject({ attached: true });
    const fired = await desk.run(['schedule', 'trigger', 'typed', '--json']);
    const { batchId } = JSON.parse(fired.stdout) as { batchId: string };
    expect(fired.stderr).toContain(`hummingbatch watch ${batchId}`);
    expect((await desk.run(['watch', batchId])).code).toBe(0);
    expect(await desk.run(['schedule', 'pause', 'typed'])).toMatchObject({ code: 0, stdout: '' });
    const { stdout } = await desk.run(['schedule', 'list']);
    for (const words of ['typed', DAILY, 'Europe/Berlin', 'paused', batchId]) expect(stdout).toContain(words);
    const listed = await desk.run(['schedule', 'list', '--json']);
    expect(JSON.parse(listed.stdout)).toMatchObject({
      schedules: [{ name: 'typed', paused: true, fired: 1, skipped: 0, missed: 0, last: { batchId } }],
    });
    expect((await desk.run(['schedule', 'resume', 'typed'])).code).toBe(0);
    const unknown = await desk.run(['schedule', 'delete', 'tiped', '--json']);
    expect(unknown.code).toBe(1);
    expect(JSON.parse(unknown.stdout)).toMatchObject({
      error: { code: 'not-found', fix: 'Did you mean typed?' },
    });
    expect((await desk.run(['schedule', 'delete', 'typed'])).code).toBe(0);
    expect(JSON.parse((await desk.run(['schedule', 'list', '--json'])).stdout)).toEqual({ schedules: [] });
    expect(await desk.run(['schedule', 'create', 'm.yaml'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--cron'),
    });
  });

  test('is refused with the next command without Temporal, and shows with the managed server when it fires', async () => {
    const desk = await createDesk();
    await desk.write('m.yaml', manifestText('own'));
    const create = ['schedule', 'create', '--cron', DAILY, 'm.yaml', '--emulator', '--json'];
    const refused = await desk.run(create);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: {
        code: 'no-temporal',
        actions: [{ action: 'start-local', command: 'hummingbatch up --emulator' }],
      },
    });
    const up = desk.begin('up', '--emulator');
    await up.said('Ctrl-C');
    const created = await desk.run(create);
    expect(created.stderr).toContain('It fires only while `hummingbatch up --emulator` runs.');
    const fired = await desk.run(['schedule', 'trigger', 'own', '--emulator', '--json']);
    const { batchId } = JSON.parse(fired.stdout) as { batchId: string };
    expect((await desk.run(['watch', batchId, '--emulator'])).code).toBe(0);
    up.child.kill('SIGINT');
    await up.ended;
    const { stdout } = await desk.run(['doctor', '--emulator', '--json']);
    const { checks } = JSON.parse(stdout) as { checks: { name: string }[] };
    expect(checks.find(({ name }) => name === 'schedules')).toMatchObject({
      level: 'hint',
      message: expect.stringContaining('No Temporal server runs'),
    });
  });

  test('completes a firing whose worker is killed', async () => {
    const { emulator } = world;
    const apart = await createWorld({ emulator });
    try {
      const worker = startWorkerProcess(apart);
      await worker.waitForLog('Ctrl-C');
      await apart.hummingbatch.schedules.create({
        manifest: buildManifest('killed'),
        cron: DAILY,
        options: { checkIntervalMs: 1_000 },
      });
      const { batchId = '' } = await apart.hummingbatch.schedules.trigger('killed');
      await until(() => apart.store.head(batchPlaces(batchId).manifest));
      await worker.kill();
      await apart.work();
      expect(await apart.hummingbatch.batch(batchId).wait()).toMatchObject({
        state: 'COMPLETED',
        outputs: { image: 2 },
      });
      const made = (await emulator.ledger()).jobs.filter(({ displayName }) => displayName?.includes(batchId));
      expect(made).toHaveLength(1);
      await apart.hummingbatch.schedules.delete('killed');
    } finally {
      await apart.close();
    }
  });
});
