import { WorkflowFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveUpdate, type NotifyTarget, retryUpdate } from '../../src/contract/index.ts';
import { BUNDLE, createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

const HOUR = 3_600_000;
const SHOP: NotifyTarget = { url: 'https://shop.example/hooks?token=hunter2', secretRef: 'shop' };
const CRM: NotifyTarget = { url: 'https://crm.example/in', secretRef: 'crm' };
const TOLD = { options: { notify: [SHOP] } };

// For each test: once a workflow that was left behind has ended, Temporal's test server skips no time any more.
let time: SkippedTime;
beforeEach(async () => {
  time = await createSkippedTime();
});
afterEach(() => time.close());

/** What was sent so far, in a few words. */
const toldBy = ({ google }: ScriptedBatch) =>
  google.inputsOf('notify').map(({ event: { type, data } }) => [type, data.state, data.stop?.code]);

/** The workflows that deliver, by their ids, as the batch's history has them. */
async function readDeliveries(batch: ScriptedBatch): Promise<string[]> {
  return (await batch.events()).flatMap(
    (event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId ?? [],
  );
}

describe('a batch with webhooks', () => {
  test('announces its end to each target, with one child workflow for each', async () => {
    const batch = await time.start({ outputs: 3 }, { options: { notify: [SHOP, CRM] } });
    await batch.result();
    await expect.poll(() => batch.google.inputsOf('notify').length).toBe(2);
    const { endedAt = '', outputs, costUsd } = await batch.progress();
    const at = Date.parse(endedAt);
    const id = `${batch.batchId}_ended_${at}`;
    const event = {
      type: 'batch.ended',
      timestamp: endedAt,
      data: { batchId: batch.batchId, state: 'COMPLETED', outputs, costUsd },
    };
    expect(
      batch.google.inputsOf('notify').toSorted((a, b) => (a.target.url < b.target.url ? 1 : -1)),
    ).toEqual([
      { batchId: batch.batchId, where: {}, id, event, target: SHOP },
      { batchId: batch.batchId, where: {}, id, event, target: CRM },
    ]);
    const home = `notify-batch/${batch.batchId}/ended/${at}`;
    expect(await readDeliveries(batch)).toEqual([`${home}/1`, `${home}/2`]);
  });

  test('ends before its deliveries do', async () => {
    const batch = await time.start({}, TOLD);
    await batch.result();
    const begun = (await batch.events()).find(
      (event) => event.startChildWorkflowExecutionInitiatedEventAttributes,
    );
    expect(begun?.startChildWorkflowExecutionInitiatedEventAttributes).toMatchObject({
      workflowType: { name: 'notifyBatch' },
      // PARENT_CLOSE_POLICY_ABANDON
      parentClosePolicy: 2,
    });
  });

  test('can be replayed with its deliveries', async () => {
    const batch = await time.start({ failures: { stageRound: ['permission-denied'] } }, TOLD);
    await batch.until(({ state }) => state === 'NEEDS_ATTENTION', 0);
    await batch.update(retryUpdate);
    await batch.result();
    expect(await readDeliveries(batch)).toHaveLength(2);
    const replay = Worker.runReplayHistory(
      { workflowBundle: { codePath: BUNDLE } },
      await batch.handle.fetchHistory(),
      batch.handle.workflowId,
    );
    await expect(replay).resolves.toBeUndefined();
  });

  test('announces that it waits for approval, and its end', async () => {
    const batch = await time.start({}, { options: { notify: [SHOP], approveAboveUsd: 0 } });
    await expect
      .poll(() => toldBy(batch))
      .toEqual([['batch.awaiting-approval', 'AWAITING_APPROVAL', undefined]]);
    await batch.update(approveUpdate, { approved: false });
    await expect(batch.result()).rejects.toThrow(WorkflowFailedError);
    await expect.poll(() => toldBy(batch).slice(1)).toEqual([['batch.ended', 'FAILED', 'approval-refused']]);
  });

  test('announces that it failed before it sent anything', async () => {
    const batch = await time.start({ failures: { prepare: ['manifest-invalid'] } }, TOLD);
    await expect(batch.result()).rejects.toThrow(WorkflowFailedError);
    await expect.poll(() => toldBy(batch)).toEqual([['batch.ended', 'FAILED', 'manifest-invalid']]);
  });

  test.each(['prepare', 'checkJob'] as const)('announces that it was cancelled in %s', async (step) => {
    const batch = await time.start({}, TOLD, { step });
    await batch.endsCancelled();
    await expect.poll(() => toldBy(batch)).toEqual([['batch.ended', 'CANCELLED', undefined]]);
  });

  test('announces nothing for a batch that an earlier run had ended', async () => {
    const counts = { total: 10, image: 10, refused: 0, failed: 0, missing: 0 };
    const finished = {
      batchId: 'told-before',
      state: 'COMPLETED' as const,
      outputs: counts,
      rounds: 1,
      jobs: [],
      costUsd: { estimated: 1, actual: 1 },
    };
    const batch = await time.start({ prepared: [{ finished, counts }] }, { ...TOLD, batchId: 'told-before' });
    await batch.result();
    expect(await readDeliveries(batch)).toEqual([]);
  });

  test("keeps its targets when it is started again with Temporal's own client", async () => {
    const batch = await time.start({ prepared: [{ options: { notify: [CRM] } }] });
    await batch.result();
    await expect.poll(() => batch.google.inputsOf('notify')).toMatchObject([{ target: CRM }]);
  });

  test('starts no delivery without targets', async () => {
    const batch = await time.start(
      { failures: { stageRound: ['permission-denied'] } },
      { options: { notify: [] } },
    );
    await batch.until(({ state }) => state === 'NEEDS_ATTENTION', 0);
    await batch.update(retryUpdate);
    await batch.result();
    expect(await readDeliveries(batch)).toEqual([]);
  });
});

describe('a stop', () => {
  const stops = (batch: ScriptedBatch) => toldBy(batch).filter(([type]) => type === 'batch.stopped');

  test('is announced with its cause and the next step', async () => {
    const batch = await time.start({ failures: { stageRound: ['permission-denied'] } }, TOLD);
    await expect
      .poll(() => stops(batch))
      .toEqual([['batch.stopped', 'NEEDS_ATTENTION', 'permission-denied']]);
    expect(batch.google.inputsOf('notify')[0]?.event.data.stop).toMatchObject({
      step: 'stage',
      fix: 'Give the key access to the Gemini API.',
      actions: expect.arrayContaining([{ action: 'retry', batchId: batch.batchId }]),
    });
    await batch.update(retryUpdate);
    await batch.result();
  });

  test('that is retried automatically several times is announced once', async () => {
    // Eight attempts each.
    const batch = await time.start({ failures: { stageRound: Array(24).fill('disk-full') } }, TOLD);
    await batch.result();
    expect(batch.google.inputsOf('stageRound')).toHaveLength(25);
    expect(stops(batch)).toEqual([['batch.stopped', 'NEEDS_ATTENTION', 'disk-full']]);
  });

  test('of several submissions that do not leave the machine is announced once', async () => {
    const refused = { kind: 'refused', code: 'unreachable' } as const;
    const batch = await time.start({ submissions: Array.from({ length: 8 }, () => refused) }, TOLD);
    await batch.result();
    expect(stops(batch)).toEqual([['batch.stopped', 'NEEDS_ATTENTION', 'unreachable']]);
  });

  test("is announced again for another reason, and after an operator's retry", async () => {
    const stageRound = [...Array(8).fill('disk-full'), 'permission-denied', 'permission-denied'];
    const batch = await time.start({ failures: { stageRound } }, TOLD);
    for (const _ of [1, 2]) {
      await batch.until(({ stop }) => stop?.code === 'permission-denied');
      await batch.update(retryUpdate);
    }
    await batch.result();
    await expect
      .poll(() => stops(batch).map(([, , code]) => code))
      .toEqual(['disk-full', 'permission-denied', 'permission-denied']);
  });

  test('is announced again after its step succeeded in between', async () => {
    // Fourteen attempts each.
    const checkJob = [...Array(14).fill('unavailable'), undefined, ...Array(14).fill('unavailable')];
    const batch = await time.start({ failures: { checkJob } }, TOLD);
    await batch.result();
    expect(stops(batch).map(([, , code]) => code)).toEqual(['unavailable', 'unavailable']);
  });
});

describe('a delivery', () => {
  /** The last one that the batch has begun. */
  const readDelivery = async (batch: ScriptedBatch) =>
    time.handle((await readDeliveries(batch)).at(-1) ?? 'none');

  test('is sent thirteen times in three days with the same body, and then fails alone', async () => {
    const batch = await time.start({ failures: { notify: Array(13).fill('unavailable') } }, TOLD);
    expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
    const delivery = await readDelivery(batch);
    await expect(delivery.result()).rejects.toThrow(WorkflowFailedError);
    const { startTime, closeTime } = await delivery.describe();
    const hours = ((closeTime?.getTime() ?? 0) - startTime.getTime()) / HOUR;
    expect(hours).toBeGreaterThan(72);
    expect(hours).toBeLessThan(73);
    const sent = batch.google.inputsOf('notify').map((input) => JSON.stringify(input));
    expect(sent).toHaveLength(13);
    expect(new Set(sent).size).toBe(1);
    expect(await batch.progress()).toMatchObject({ state: 'COMPLETED' });
  });

  test('arrives after the receiver was unreachable for a day', async () => {
    const batch = await time.start({ failures: { notify: Array(8).fill('unreachable') } }, TOLD);
    await batch.result();
    await (await readDelivery(batch)).result();
    expect(batch.google.inputsOf('notify')).toHaveLength(9);
  });
});

test.each([
  [[{ url: 'https://user:hunter2@shop.example', secretRef: 'shop' }]],
  [[{ url: 'https://shop.example', secretRef: 'whsec_hunter2' }]],
  [[{ url: 'https://shop.example', secretRef: 'shop', secret: 'hunter2' }]],
  [[{ url: 'ftp://shop.example/hunter2', secretRef: 'shop' }]],
  [Array.from({ length: 6 }, () => SHOP)],
  ['https://shop.example/hunter2'],
  [[null]],
])('the targets %j are refused before anything is done, and nothing of them is shown', async (notify) => {
  const batch = await time.start({}, { options: { notify: notify as never } });
  const error = (await batch.result().catch((error) => error)) as WorkflowFailedError;
  expect(error.cause).toMatchObject({
    type: 'usage',
    message: expect.stringMatching(/^notify(\[0\](\.\w+)?)? must be /),
  });
  expect(JSON.stringify(error.cause)).not.toContain('hunter2');
  expect(batch.google.steps()).toEqual([]);
});
