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
  // It makes nothing, and nobody hears that.
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

  test('are listed by what they wait for, what they are of, and when they began, the newest first', async () => {
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

  test('come in pages that leave nothing out and say nothing twice', async () => {
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

  test('are listed the same where their namespace has none of our search attributes', async () => {
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

  test('one that is unknown is said with ids that are near, by each method', async () => {
    const batch = world.hummingbatch.batch('operating-plai');
    const unknown = { code: 'batch-unknown', fix: `Did you mean ${PLAIN}?` };
    await expect(batch.status()).rejects.toMatchObject(unknown);
    await expect(batch.retry()).rejects.toMatchObject(unknown);
    await expect(batch.accept()).rejects.toMatchObject(unknown);
    await expect(batch.records().next()).rejects.toMatchObject(unknown);
  });

  test('stand in the store as they do in Temporal, though nobody has followed them', async () => {
    const byStore = () => listBatches(undefined, world.store, { states: ['NEEDS_ATTENTION'] });
    await expect
      .poll(async () => listIds((await byStore()).batches))
      .toEqual([DEAR, LOST, ...DENIED.toReversed()]);
    for (const batch of (await byStore()).batches)
      expect(batch).toEqual(await world.hummingbatch.batch(batch.batchId).status());
  });

  test('keep a new budget at once, for whoever takes them up after a loss', async () => {
    await world.hummingbatch.batch(LOST).setBudget(3);
    await expect.poll(() => storedOptions(world.store, LOST)).toMatchObject({ maxCostUsd: 3 });
  });

  test('a bulk retry shows what it would do and does nothing until it is told to', async () => {
    const { code, stdout, stderr } = await retry(
      '--state',
      'needs-attention',
      '--reason',
      'permission-denied',
    );
    expect(code).toBe(0);
    for (const id of DENIED) expect(stderr).toContain(id);
    expect(stderr).not.toContain(DEAR);
    expect(stderr).toContain('call it again with --yes');
    expect(JSON.parse(stdout).batches).toEqual(
      DENIED.toReversed().map((batchId) => ({ batchId, retried: false })),
    );
    for (const id of DENIED)
      expect(await world.hummingbatch.batch(id).status()).toMatchObject({ state: 'NEEDS_ATTENTION' });
  });

  test('a bulk retry goes on with all of them, and never answers an unknown submission', async () => {
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
    expect(stderr).toContain(`Left alone: ${LOST}`);
    for (const id of DENIED) expect((await world.hummingbatch.batch(id).wait()).state).toBe('COMPLETED');
    expect(await world.hummingbatch.batch(LOST).status()).toEqual(before);
    expect(await openTestBatch(world, LOST).jobs()).toEqual([]);
  });

  test('one that stopped for its budget goes on with a new one, however often that is sent', async () => {
    const batch = world.hummingbatch.batch(DEAR);
    const sent = await Promise.all([1, 2].map(() => batch.setBudget(5, { requestId: 'more-money' })));
    expect(sent[0]).toEqual(sent[1]);
    expect(await batch.wait()).toMatchObject({ state: 'COMPLETED', maxCostUsd: 5 });
    // What was done is answered as it was, though nothing would take it now.
    expect(await batch.setBudget(5, { requestId: 'more-money' })).toEqual(sent[0]);
    await expect(batch.setBudget(6, { requestId: 'still-more' })).rejects.toMatchObject({
      code: 'wrong-state',
    });
  });

  test.each([
    [
      'a choice of outputs',
      (choice: RetrySelector) => world.hummingbatch.batch(LOST).retry(choice),
      { keys: ['a'] },
    ],
  ])('%s is refused while a batch is open, with its state', async (_, ask, choice) => {
    await expect(ask(choice)).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('is NEEDS_ATTENTION'),
    });
  });

  test('a retry keeps how a batch is run, a budget that was changed on the way included', async () => {
    const batch = world.hummingbatch.batch(DEAR);
    await batch.retry({ keys: ['a'] });
    await openTestBatch(world, DEAR).until(({ round }) => round === 2);
    expect(await batch.wait()).toMatchObject({ state: 'COMPLETED', maxCostUsd: 5, round: 2 });
  });

  test.each([
    [['--state', 'waiting'], 'nothing to retry'],
    [['--reason', 'disk-full'], 'the state of those that are meant'],
    [[PLAIN, '--state', 'needs-attention'], 'is one already'],
    [['--state', 'needs-attention', '--reason', 'disc-full'], 'There is no reason "disc-full"'],
    [['--state', 'needs-attention', '--since', 'monday'], '"monday" is no time'],
  ])('a bulk retry of %j is refused as usage', async (words, why) => {
    const { code, stdout } = await retry(...words);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({ code: 'usage', message: expect.stringContaining(why) });
  });
});

describe('a queue that nobody serves', () => {
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
    // Before the deadline of 5 s: the queue itself says it.
    ['never was', 'operating-unserved', false, 4_500],
    // At the deadline, and some for the machine.
    ['is gone, and still remembered by Temporal', 'operating-left', true, 6_500],
  ])('is said within 5 s where its worker %s', async (_, batchId, work, withinMs) => {
    const batch = await startUnserved(batchId, work);
    for (const ask of [() => batch.status(), () => batch.retry(), () => batch.checkNow()]) {
      const matchBatch = Date.now();
      await expect(ask()).rejects.toMatchObject({
        code: 'no-worker',
        fix: expect.stringContaining('worker'),
      });
      expect(Date.now() - matchBatch).toBeLessThan(withinMs);
    }
  });
});
