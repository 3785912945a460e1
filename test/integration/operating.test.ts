import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { listBatches, type RetrySelector, storedOptions } from '../../src/client/index.ts';
import type { BatchProgress } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { type Desk, openDesk } from '../support/desk.ts';
import { namePrefix, openTestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const DENIED = ['operating-denied-1', 'operating-denied-2'];
const LOST = 'operating-lost';
const PLAIN = 'operating-plain';
const DEAR = 'operating-dear';

const matchBatch = (id: string) => ({ match: { name: namePrefix(id) } });
const FAULTS: Fault[] = [
  ...DENIED.map(
    (id): Fault => ({ fault: 'create.refuse', status: 'PERMISSION_DENIED', times: 1, ...matchBatch(id) }),
  ),
  // The submission creates no job, and its answer is lost.
  { fault: 'create.cut', times: 1, ...matchBatch(LOST) },
];

const listIds = (batches: readonly BatchProgress[]) => batches.map(({ batchId }) => batchId);

describe('many batches', () => {
  let world: World;
  let desk: Desk;
  const retry = (...words: string[]) =>
    desk.run(['retry', '--store', world.store.location, '--json', ...words]);

  beforeAll(async () => {
    world = await createWorld({ faults: { faults: FAULTS } });
    desk = await openDesk({ TEMPORAL_ADDRESS: inject('temporal'), HUMMINGBATCH_TASK_QUEUE: world.taskQueue });
    await world.work();
    const manifest = buildManifest([item('a')]);
    const start = (batchId: string, labels: string[], options = {}) =>
      world.hummingbatch.startNormalised({ manifest, batchId, options: { labels, ...options } });
    await start(PLAIN, ['autumn']);
    await world.hummingbatch.batch(PLAIN).wait();
    for (const id of DENIED) await start(id, ['autumn', 'team:web']);
    await start(LOST, ['team:web'], { onUnknownSubmit: 'park' });
    await start(DEAR, [], { maxCostUsd: 0.000_001 });
    for (const id of [...DENIED, LOST, DEAR]) await openTestBatch(world, id).stopped();
  });
  afterAll(async () => {
    await desk.close();
    await world.close();
  });

  const list = (choice = {}) => world.hummingbatch.list(choice);

  test('are listed by state, reason, model and start time, newest first', async () => {
    expect(listIds((await list()).batches)).toEqual([DEAR, LOST, ...DENIED.toReversed(), PLAIN]);
    expect(listIds((await list({ states: ['NEEDS_ATTENTION'], reason: 'over-budget' })).batches)).toEqual([
      DEAR,
    ]);
    expect(listIds((await list({ labels: ['team:web', 'autumn'] })).batches)).toEqual(DENIED.toReversed());
    expect(listIds((await list({ states: ['COMPLETED'], model: 'gemini-3-pro-image' })).batches)).toEqual([
      PLAIN,
    ]);
    expect((await list({ model: 'gemini-2' })).batches).toEqual([]);
    const { startedAt } = await world.hummingbatch.batch(LOST).status();
    expect(listIds((await list({ since: startedAt })).batches)).toEqual([DEAR, LOST]);
  });

  test('are listed in pages without gaps or duplicates', async () => {
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await list({ limit: 2, ...(after && { after }) });
      expect(page.batches.length).toBeLessThanOrEqual(2);
      seen.push(...listIds(page.batches));
      after = page.next;
    } while (after);
    expect(seen).toEqual([DEAR, LOST, ...DENIED.toReversed(), PLAIN]);
    await expect(list({ after: 'operating-none' })).rejects.toMatchObject({ code: 'usage' });
  });

  test('are listed the same in a namespace without our search attributes', async () => {
    const bare = world.client.workflow.list.bind(world.client.workflow);
    const without = Object.create(world.client, {
      workflow: {
        value: Object.assign(Object.create(world.client.workflow), {
          async *list(options: object) {
            for await (const run of bare(options))
              yield { ...run, typedSearchAttributes: { get: () => undefined } };
          },
        }),
      },
    }) as World['client'];
    const { batches } = await listBatches(without, world.store, { reason: 'permission-denied' });
    expect(listIds(batches)).toEqual(DENIED.toReversed());
  });

  test('an unknown id gives an error with similar ids, in each method', async () => {
    const batch = world.hummingbatch.batch('operating-plai');
    const unknown = { code: 'batch-unknown', fix: `Did you mean ${PLAIN}?` };
    await expect(batch.status()).rejects.toMatchObject(unknown);
    await expect(batch.retry()).rejects.toMatchObject(unknown);
    await expect(batch.accept()).rejects.toMatchObject(unknown);
    await expect(batch.records().next()).rejects.toMatchObject(unknown);
  });

  test('have the same progress in the store as in Temporal, even if no client has followed them', async () => {
    const byStore = () => listBatches(undefined, world.store, { states: ['NEEDS_ATTENTION'] });
    await expect
      .poll(async () => listIds((await byStore()).batches))
      .toEqual([DEAR, LOST, ...DENIED.toReversed()]);
    for (const batch of (await byStore()).batches)
      expect(batch).toEqual(await world.hummingbatch.batch(batch.batchId).status());
  });

  test('save a new budget in the store at once, in case Temporal loses the batch', async () => {
    await world.hummingbatch.batch(LOST).setBudget(3);
    await expect.poll(() => storedOptions(world.store, LOST)).toMatchObject({ maxCostUsd: 3 });
  });

  test('a bulk retry first only shows what it would do', async () => {
    const { code, stdout, stderr } = await retry(
      '--state',
      'needs-attention',
      '--reason',
      'permission-denied',
    );
    expect(code).toBe(0);
    for (const id of DENIED) expect(stderr).toContain(id);
    expect(stderr).not.toContain(DEAR);
    expect(stderr).toContain('call the command again with --yes');
    expect(JSON.parse(stdout).batches).toEqual(
      DENIED.toReversed().map((batchId) => ({ batchId, retried: false })),
    );
    for (const id of DENIED)
      expect(await world.hummingbatch.batch(id).status()).toMatchObject({ state: 'NEEDS_ATTENTION' });
  });

  test('a bulk retry retries all matching batches except those with an unknown submission', async () => {
    const before = await world.hummingbatch.batch(LOST).status();
    expect(before.stop?.code).toBe('submission-unknown');
    const { code, stdout, stderr } = await retry(
      '--state',
      'needs-attention',
      '--label',
      'team:web',
      '--yes',
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout).batches).toEqual(
      DENIED.toReversed().map((batchId) => ({ batchId, retried: true })),
    );
    expect(stderr).toContain(`Left out: ${LOST}`);
    for (const id of DENIED) expect((await world.hummingbatch.batch(id).wait()).state).toBe('COMPLETED');
    expect(await world.hummingbatch.batch(LOST).status()).toEqual(before);
    expect(await openTestBatch(world, LOST).jobs()).toEqual([]);
  });

  test('a batch that stopped for its budget continues with a new one, even if it is sent repeatedly', async () => {
    const batch = world.hummingbatch.batch(DEAR);
    const sent = await Promise.all([1, 2].map(() => batch.setBudget(5, { requestId: 'more-money' })));
    expect(sent[0]).toEqual(sent[1]);
    expect(await batch.wait()).toMatchObject({ state: 'COMPLETED', maxCostUsd: 5 });
    // A repeated request gets the first answer, even in a state that would refuse a new one.
    expect(await batch.setBudget(5, { requestId: 'more-money' })).toEqual(sent[0]);
    await expect(batch.setBudget(6, { requestId: 'still-more' })).rejects.toMatchObject({
      code: 'wrong-state',
    });
  });

  test.each([
    [
      'a retry of selected outputs',
      (choice: RetrySelector) => world.hummingbatch.batch(LOST).retry(choice),
      { keys: ['a'] },
    ],
  ])('%s is refused while a batch is open, with its state', async (_, ask, choice) => {
    await expect(ask(choice)).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('is NEEDS_ATTENTION'),
    });
  });

  test('a retry keeps the options of a batch, including a changed budget', async () => {
    const batch = world.hummingbatch.batch(DEAR);
    await batch.retry({ keys: ['a'] });
    await openTestBatch(world, DEAR).until(({ round }) => round === 2);
    expect(await batch.wait()).toMatchObject({ state: 'COMPLETED', maxCostUsd: 5, round: 2 });
  });

  test.each([
    [['--state', 'waiting'], 'nothing to retry'],
    [['--reason', 'disk-full'], 'Neither a batch nor a state is named'],
    [[PLAIN, '--state', 'needs-attention'], 'names one'],
    [['--state', 'needs-attention', '--reason', 'disc-full'], '"disc-full" is not a valid reason'],
    [['--state', 'needs-attention', '--since', 'monday'], '"monday" is not a valid time'],
  ])('a bulk retry of %j is refused as usage', async (words, why) => {
    const { code, stdout } = await retry(...words);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'usage', message: expect.stringContaining(why) });
  });
});

describe('a queue without a worker', () => {
  async function startUnserved(batchId: string, work: boolean) {
    const world = await createWorld({ jobSeconds: 600 });
    onTestFinished(() => world.close());
    const stop = work ? await world.work() : undefined;
    await world.hummingbatch.startNormalised({ manifest: buildManifest([item('a')]), batchId });
    const batch = world.hummingbatch.batch(batchId);
    if (stop) {
      await openTestBatch(world, batchId).until(({ state }) => state === 'WAITING');
      await stop();
    }
    return batch;
  }

  test.each([
    // Before the deadline of 10 s, because Temporal knows that the queue has no pollers.
    ['never started', 'operating-unserved', false, 9_500],
    // At the deadline, plus time for a slow machine.
    ['has ended, while Temporal still lists it', 'operating-left', true, 11_500],
  ])('is reported within 10 s if its worker %s', async (_, batchId, work, withinMs) => {
    const batch = await startUnserved(batchId, work);
    const ask = async (work: () => Promise<unknown>) => {
      const startedAt = Date.now();
      await expect(work()).rejects.toMatchObject({
        code: 'no-worker',
        actions: expect.arrayContaining([{ action: 'start-worker' }]),
      });
      expect(Date.now() - startedAt).toBeLessThan(withinMs);
    };
    await Promise.all([() => batch.status(), () => batch.retry(), () => batch.checkNow()].map(ask));
  });
});
