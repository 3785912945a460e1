import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { worstCaseUsd } from '../../src/batch/cost.ts';
import { planOutputs } from '../../src/batch/plan.ts';
import type { Fault } from '../../src/emulator/index.ts';
import { namePrefix, openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

const KEYS = ['a', 'b', 'c', 'd'];
const MANIFEST = buildManifest(KEYS.map((key) => item(key)));
/** The worst-case cost of one round with all outputs, USD. */
const ROUND = worstCaseUsd(MANIFEST, planOutputs(MANIFEST)) ?? Number.NaN;

/** Images for a key that was not asked for: billed at the full price, and each output is tried twice. */
const USELESS: Fault = {
  fault: 'line.renamed',
  key: 'x',
  match: { name: namePrefix('budget-(raised|\\d+)') },
};
/** The job is deleted after it ended and before a check has seen its end. */
const DELETED: Fault = {
  fault: 'job.deleted',
  afterMs: 2_000,
  match: { name: '^hb/budget-deleted/\\w+/r1\\.1$' },
};

/** Budgets, in multiples of a full round's worst case, with the jobs that each allows. */
const BUDGETS: readonly [rounds: number, jobs: string[]][] = [
  [0.5, []],
  [0.99, []],
  [1, ['r1.1']],
  [1.4, ['r1.1']],
  [2, ['r1.1', 'r2.1']],
];

describe.concurrent('a batch with a budget', () => {
  let world: World;
  const batches = new Map<string, TestBatch>();

  async function start(id: string, rounds: number): Promise<TestBatch> {
    const options = { maxCostUsd: rounds * ROUND, maxRounds: 2 };
    await world.hummingbatch.startNormalised({ manifest: MANIFEST, batchId: id, options });
    const batch = openTestBatch(world, id);
    batches.set(id, batch);
    return batch;
  }

  const readSubmissions = async (batch: TestBatch) => (await batch.jobs()).map(parseSubmission);
  const toId = (rounds: number) => `budget-${rounds * 100}`;

  beforeAll(async () => {
    world = await createWorld({ jobSeconds: 2, faults: { faults: [USELESS, DELETED] } });
    await world.work();
    await Promise.all([
      ...BUDGETS.map(([rounds]) => start(toId(rounds), rounds)),
      start('budget-raised', 1),
      start('budget-deleted', 1.5),
    ]);
  });
  afterAll(() => world.close());

  test.each(BUDGETS)('of %d rounds creates the jobs %j and never exceeds it', async (rounds, jobs) => {
    const batch = openTestBatch(world, toId(rounds));
    if (jobs.length === 2) await batch.ended();
    else await batch.stopped('over-budget');
    expect(await readSubmissions(batch)).toEqual(jobs);
    const { costUsd } = await batch.handle.status();
    expect(costUsd.actual).toBeLessThanOrEqual(rounds * ROUND);
    // The unusable answers were paid for: the budget is what stopped the batch.
    expect(costUsd.actual).toBeGreaterThanOrEqual(jobs.length * KEYS.length * 0.067);
  });

  test('stops before a round that could exceed it, shows the worst case, and continues with a higher budget', async () => {
    const batch = openTestBatch(world, 'budget-raised');
    const stop = await batch.stopped('over-budget');
    expect(stop).toMatchObject({
      step: 'submit',
      message: expect.stringMatching(/^Round 2 \(4 outputs\) could bring the cost to \d\.\d\d USD/),
      actions: [{ action: 'set-budget' }, { action: 'accept' }, { action: 'cancel' }],
    });
    const { maxCostUsd } = stop.actions[0] as { maxCostUsd: number };
    const { [1]: amount } = /cost to (\d+\.\d\d) USD/.exec(stop.message) ?? [];
    // In whole cents, and never less than the round may cost.
    expect(maxCostUsd).toBeGreaterThanOrEqual(Number(amount) - 0.005);
    expect(maxCostUsd).toBeLessThan(Number(amount) + 0.02);

    await batch.handle.setBudget(1.01 * ROUND);
    await batch.until(({ stop }) => stop?.message.includes(`${1.01 * ROUND} USD`) === true);
    expect(await readSubmissions(batch)).toEqual(['r1.1']);

    await batch.handle.setBudget(2 * ROUND);
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED_WITH_FAILURES', outputs: { missing: 4 } });
    expect(await readSubmissions(batch)).toEqual(['r1.1', 'r2.1']);
  });

  test('counts a deleted job with its worst case, because its cost is unknown', async () => {
    const batch = openTestBatch(world, 'budget-deleted');
    await batch.stopped('job-gone');
    expect(await batch.jobs()).toMatchObject([{ deleted: true, imagesBilled: KEYS.length }]);
    await batch.retry();
    const { message } = await batch.stopped('over-budget');
    expect(message).toContain('Round 1 (4 outputs)');
    expect(await readSubmissions(batch)).toEqual(['r1.1']);

    await batch.handle.setBudget(2 * ROUND);
    expect(await batch.ended()).toMatchObject({ state: 'COMPLETED', outputs: { image: 4 } });
    expect(await readSubmissions(batch)).toEqual(['r1.1', 'r1.2']);
  });
});
