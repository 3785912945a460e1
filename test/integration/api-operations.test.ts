import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProblemDetails } from '../../src/api/problem.ts';
import type { BatchProgress } from '../../src/contract/index.ts';
import { createWorld, type World } from '../support/world.ts';
import { type Api, openApi, threeOutputs } from './api-kit.ts';

let world: World;
let api: Api;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  world = await createWorld({ jobSeconds: 0.5 });
  await world.work();
  api = await openApi(world, { onFinished: (clean) => closing.push(clean) });
});
afterAll(async () => {
  for (const close of closing) await close();
  await world.close();
});

/** Starts a batch and waits until it stands in a state. */
async function standing(id: string, state: BatchProgress['state'], more: object = {}): Promise<void> {
  const started = await api.post(`/v1/batches?batchId=${id}`, { body: threeOutputs(id, more) });
  expect(started.status).toBe(201);
  await until(id, (progress) => progress.state === state);
}

async function until(id: string, isSo: (progress: BatchProgress) => boolean): Promise<BatchProgress> {
  for await (const progress of world.hummingbatch.batch(id).progress()) if (isSo(progress)) return progress;
  throw new Error(`${id} ended before`);
}

const tell = (id: string, operation: string, body?: object, key?: string) =>
  api.post<BatchProgress & ProblemDetails>(`/v1/batches/${id}/${operation}`, {
    ...(body && { body }),
    ...(key && { key }),
  });

const eventsOf = async (id: string) => {
  const { events } = await world.client.workflow.getHandle(`image-batch/${id}`).fetchHistory();
  return events?.length ?? 0;
};

describe('operations', () => {
  test('approve lets a batch go, and refuses it', async () => {
    const run = { approveAboveUsd: 0 };
    await standing('op-approved', 'AWAITING_APPROVAL', { run });
    const approved = await tell('op-approved', 'approve');
    expect(approved).toMatchObject({ status: 200, body: { batchId: 'op-approved' } });
    expect(await world.hummingbatch.batch('op-approved').wait()).toMatchObject({ state: 'COMPLETED' });

    await standing('op-refused', 'AWAITING_APPROVAL', { run });
    expect((await tell('op-refused', 'approve', { approved: false })).status).toBe(200);
    expect(await world.hummingbatch.batch('op-refused').wait()).toMatchObject({ state: 'FAILED' });
  });

  test('set-budget, and retry of an ended batch: once for each key', async () => {
    const items = [
      { key: 'a', prompt: 'A bottle' },
      { key: 'b', prompt: 'A bottle [refuse]' },
    ];
    await standing('op-over', 'NEEDS_ATTENTION', { items, run: { maxCostUsd: 0 } });
    expect((await tell('op-over', 'set-budget', { maxCostUsd: 5 })).status).toBe(200);
    expect(await world.hummingbatch.batch('op-over').wait()).toMatchObject({
      state: 'COMPLETED_WITH_FAILURES',
    });

    const jobs = async () =>
      (await world.emulator.ledger()).jobs.filter(({ displayName }) =>
        displayName?.startsWith('hb/op-over/'),
      );
    const before = (await jobs()).length;
    for (let n = 0; n < 3; n++)
      expect((await tell('op-over', 'retry', { outcomes: ['refused'] }, 'again-1')).status).toBe(200);
    await world.hummingbatch.batch('op-over').wait();
    expect((await tell('op-over', 'retry', { outcomes: ['refused'] }, 'again-1')).status).toBe(200);
    expect(await world.hummingbatch.batch('op-over').wait()).toMatchObject({ round: before + 1 });
    expect((await jobs()).length).toBe(before + 1);
    const other = await tell('op-over', 'retry', { keys: ['a'] }, 'again-1');
    expect(other).toMatchObject({ status: 409, body: { code: 'request-conflict' } });
  });

  test('accept and retry of a stopped one', async () => {
    await standing('op-stopped', 'NEEDS_ATTENTION', { run: { maxCostUsd: 0 } });
    expect(await tell('op-stopped', 'retry')).toMatchObject({ status: 200 });
    await until('op-stopped', ({ state }) => state === 'NEEDS_ATTENTION');
    expect(await tell('op-stopped', 'accept')).toMatchObject({ status: 200 });
    expect(await world.hummingbatch.batch('op-stopped').wait()).toMatchObject({
      state: 'COMPLETED_WITH_FAILURES',
    });
  });

  test('check-now and cancel of one that waits', async () => {
    // Its clock stands: the job does not end by itself.
    const still = await createWorld({ jobSeconds: 60, now: () => 1_800_000_000_000 });
    closing.push(() => still.close());
    await still.work();
    const there = await openApi(still, { onFinished: (clean) => closing.unshift(clean) });
    const told = (operation: string) => there.post<BatchProgress>(`/v1/batches/op-waits/${operation}`);
    await there.post('/v1/batches?batchId=op-waits', { body: threeOutputs('op-waits') });
    const batch = still.hummingbatch.batch('op-waits');
    for await (const { check } of batch.progress()) if (check) break;
    expect(await told('check-now')).toMatchObject({ status: 200, body: { state: 'WAITING' } });
    expect(await told('cancel')).toMatchObject({ status: 200 });
    expect(await batch.wait()).toMatchObject({ state: 'CANCELLED' });
    expect(await told('cancel')).toMatchObject({ status: 200, body: { state: 'CANCELLED' } });
  });

  test('that make no sense are refused with what would, over HTTP, and leave no event', async () => {
    await standing('op-asked', 'AWAITING_APPROVAL', { run: { approveAboveUsd: 0 } });
    const before = await eventsOf('op-asked');
    for (const [operation, body] of [
      ['retry', undefined],
      ['accept', undefined],
      ['check-now', undefined],
      ['adopt', { job: 'none' }],
    ] as const) {
      const { status, body: problem } = await tell('op-asked', operation, body);
      expect({ status, code: problem.code }, operation).toEqual({ status: 409, code: 'wrong-state' });
      expect(`${problem.detail} ${problem.fix}`).toContain('POST /v1/batches/op-asked/approve');
      expect(`${problem.detail} ${problem.fix}`).not.toContain('`hummingbatch ');
    }
    expect(await eventsOf('op-asked')).toBe(before);
  });

  test.each([
    ['set-budget', {}],
    ['set-budget', { maxCostUsd: -1 }],
    ['set-budget', { maxCostUsd: '5' }],
    ['set-budget', { maxCostUsd: 5, more: true }],
    ['adopt', {}],
    ['approve', { approved: 'yes' }],
    ['retry', { keys: 'hero' }],
    ['retry', { outcomes: ['lost'] }],
    ['retry', { keys: Array.from({ length: 1001 }, () => 'a') }],
    ['cancel', { now: true }],
  ])('a body that is none is 400: %s %o', async (operation, body) => {
    expect(await tell('op-asked', operation, body)).toMatchObject({ status: 400, body: { code: 'usage' } });
  });

  test('of what is no batch are 404 with the id', async () => {
    for (const id of ['none-such', 'NOT-AN-ID', '..', 'a'.repeat(90)]) {
      const { status, body } = await tell(encodeURIComponent(id), 'retry');
      expect({ status, says: body.detail?.includes(id) || id === '..' }, id).toEqual({
        status: 404,
        says: true,
      });
    }
  });
});
