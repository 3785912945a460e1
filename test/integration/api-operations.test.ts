import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ProblemDetails } from '../../src/api/problem.ts';
import type { BatchProgress } from '../../src/contract/index.ts';
import type { World } from '../support/world.ts';
import { type Api, type ApiDesk, openApiDesk } from './api-kit.ts';

let desk: ApiDesk;
let world: World;
let api: Api;
let until: ApiDesk['until'];
let standing: ApiDesk['bring'];

beforeAll(async () => {
  desk = await openApiDesk({ jobSeconds: 0.5 });
  ({ world, api, until, bring: standing } = desk);
});
afterAll(() => desk.close());

const tell = (id: string, operation: string, body?: object, key?: string) =>
  api.post<BatchProgress & ProblemDetails>(`/v1/batches/${id}/${operation}`, {
    ...(body && { body }),
    ...(key && { key }),
  });

const readEvents = async (id: string) => {
  const { events } = await world.client.workflow.getHandle(`image-batch/${id}`).fetchHistory();
  return events ?? [];
};

/** A local activity that saves the progress ends with a marker, some time after the batch is in its state. */
async function progressIsSaved(id: string): Promise<void> {
  await expect
    .poll(async () => (await readEvents(id)).some((event) => event.markerRecordedEventAttributes))
    .toBe(true);
}

describe('operations', () => {
  test('approve starts a batch, or refuses it', async () => {
    const run = { approveAboveUsd: 0 };
    await standing('op-approved', 'AWAITING_APPROVAL', { run });
    const approved = await tell('op-approved', 'approve');
    expect(approved).toMatchObject({ status: 200, body: { batchId: 'op-approved' } });
    expect(await world.hummingbatch.batch('op-approved').wait()).toMatchObject({ state: 'COMPLETED' });

    await standing('op-refused', 'AWAITING_APPROVAL', { run });
    expect((await tell('op-refused', 'approve', { approved: false })).status).toBe(200);
    expect(await world.hummingbatch.batch('op-refused').wait()).toMatchObject({ state: 'FAILED' });
  });

  test('set-budget continues a batch, and a retry of an ended one runs once for each key', async () => {
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

  test('with an Idempotency-Key are not carried out again later, whatever the batch did since', async () => {
    await standing('op-again', 'AWAITING_APPROVAL', { run: { approveAboveUsd: 0 } });
    expect((await tell('op-again', 'approve', {}, 'again-approve')).status).toBe(200);
    await world.hummingbatch.batch('op-again').wait();
    expect(await tell('op-again', 'approve', {}, 'again-approve')).toMatchObject({
      status: 200,
      body: { state: 'COMPLETED' },
    });

    await standing('op-late', 'AWAITING_APPROVAL', { run: { approveAboveUsd: 0 } });
    expect((await tell('op-late', 'cancel', undefined, 'late-cancel')).status).toBe(200);
    await world.hummingbatch.batch('op-late').wait();
    expect((await tell('op-late', 'retry')).status).toBe(200);
    await until('op-late', ({ state }) => state === 'AWAITING_APPROVAL');
    expect((await tell('op-late', 'cancel', undefined, 'late-cancel')).status).toBe(200);
    expect(await tell('op-late', 'approve')).toMatchObject({ status: 200 });
    expect((await world.hummingbatch.batch('op-late').wait()).state).toBe('COMPLETED');
  });

  test('accept ends a stopped batch, and retry continues one', async () => {
    await standing('op-stopped', 'NEEDS_ATTENTION', { run: { maxCostUsd: 0 } });
    expect(await tell('op-stopped', 'retry')).toMatchObject({ status: 200 });
    await until('op-stopped', ({ state }) => state === 'NEEDS_ATTENTION');
    expect(await tell('op-stopped', 'accept')).toMatchObject({ status: 200 });
    expect(await world.hummingbatch.batch('op-stopped').wait()).toMatchObject({
      state: 'COMPLETED_WITH_FAILURES',
    });
  });

  test('check-now and cancel work while a batch waits', async () => {
    // The clock of the emulator stands, so the job does not end.
    const still = await openApiDesk({ jobSeconds: 60, now: () => 1_800_000_000_000 });
    onTestFinished(() => still.close());
    const operate = (operation: string) => still.api.post<BatchProgress>(`/v1/batches/op-waits/${operation}`);
    await still.bring('op-waits', 'WAITING');
    const batch = still.world.hummingbatch.batch('op-waits');
    for await (const { check } of batch.progress()) if (check) break;
    expect(await operate('check-now')).toMatchObject({ status: 200, body: { state: 'WAITING' } });
    expect(await operate('cancel')).toMatchObject({ status: 200 });
    expect(await batch.wait()).toMatchObject({ state: 'CANCELLED' });
    expect(await operate('cancel')).toMatchObject({ status: 200, body: { state: 'CANCELLED' } });
  });

  test('that do not fit the state are refused with the requests that do, and leave no event', async () => {
    await standing('op-asked', 'AWAITING_APPROVAL', { run: { approveAboveUsd: 0 } });
    await progressIsSaved('op-asked');
    const { length: before } = await readEvents('op-asked');
    for (const [operation, body] of [
      ['retry', undefined],
      ['accept', undefined],
      ['check-now', undefined],
      ['adopt', { job: 'none' }],
    ] as const) {
      const { status, body: problem } = await tell('op-asked', operation, body);
      expect({ status, code: problem.code }, operation).toEqual({ status: 409, code: 'wrong-state' });
      const requests = problem.actions?.map(({ request }) => request);
      expect(requests).toEqual([
        { method: 'POST', path: '/v1/batches/op-asked/approve', body: { approved: true } },
        { method: 'POST', path: '/v1/batches/op-asked/approve', body: { approved: false } },
        { method: 'POST', path: '/v1/batches/op-asked/cancel', body: {} },
      ]);
      expect(`${problem.detail} ${problem.fix}`).not.toMatch(/hummingbatch|update/);
    }
    expect(await readEvents('op-asked')).toHaveLength(before);
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
  ])('a malformed body is 400: %s %o', async (operation, body) => {
    expect(await tell('op-asked', operation, body)).toMatchObject({ status: 400, body: { code: 'usage' } });
  });

  test('of an unknown batch are 404 with its id', async () => {
    for (const id of ['none-such', 'NOT-AN-ID', '..', 'a'.repeat(90)]) {
      const { status, body } = await tell(encodeURIComponent(id), 'retry');
      expect({ status, says: body.detail?.includes(id) || id === '..' }, id).toEqual({
        status: 404,
        says: true,
      });
    }
  });
});
