import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, type UpdateDefinition } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  acceptUpdate,
  adoptUpdate,
  approveUpdate,
  availableActions,
  type BatchProgress,
  type BatchState,
  checkNowUpdate,
  type FailureDetails,
  retryUpdate,
  setBudgetUpdate,
} from '../../src/contract/index.ts';
import { createSkippedTime, type ScriptedBatch, type SkippedTime } from './support/skipped-time.ts';

let time: SkippedTime;
beforeAll(async () => {
  time = await createSkippedTime();
});
afterAll(() => time.close());

const isStopped = ({ state }: BatchProgress) => state === 'NEEDS_ATTENTION';

const MESSAGES = {
  approve: [approveUpdate, {}],
  retry: [retryUpdate],
  accept: [acceptUpdate],
  adopt: [adoptUpdate, { job: 'none' }],
  setBudget: [setBudgetUpdate, { maxCostUsd: 5 }],
  checkNow: [checkNowUpdate],
} as const;
type Message = keyof typeof MESSAGES;

function send(batch: ScriptedBatch, message: Message, args?: object): Promise<BatchProgress> {
  const [definition, usual] = MESSAGES[message] as unknown as [
    UpdateDefinition<BatchProgress, [unknown?]>,
    object?,
  ];
  const request = args ?? usual;
  return request ? batch.update(definition, request) : batch.update(definition);
}

async function refusal(batch: ScriptedBatch, message: Message, args?: object): Promise<ApplicationFailure> {
  const error: unknown = await send(batch, message, args).catch((error) => error);
  if (!(error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure))
    throw new Error(`${message} was not refused.`, { cause: error });
  return error.cause;
}

/** Brings a batch into a state, and what it takes there. */
const STATES: Partial<Record<BatchState, { bring: () => Promise<ScriptedBatch>; takes: Message[] }>> = {
  AWAITING_APPROVAL: {
    async bring() {
      const batch = await time.start({}, { options: { approveAboveUsd: 0 } });
      await batch.until(({ state }) => state === 'AWAITING_APPROVAL', 0);
      return batch;
    },
    takes: ['approve', 'setBudget'],
  },
  WAITING: {
    async bring() {
      const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
      await batch.until(({ check }) => check !== undefined, 0);
      return batch;
    },
    takes: ['setBudget', 'checkNow'],
  },
  NEEDS_ATTENTION: {
    async bring() {
      const batch = await time.start({ failures: { stageRound: ['request-rejected'] } });
      await batch.until(isStopped, 0);
      return batch;
    },
    takes: ['retry', 'accept', 'setBudget'],
  },
};

describe.each(Object.entries(STATES))('a batch that is %s', (state, { bring, takes }) => {
  test('refuses messages that do not fit, names its state and those that fit, and keeps no event of them', async () => {
    const batch = await bring();
    const senseless = (Object.keys(MESSAGES) as Message[]).filter((message) => !takes.includes(message));
    expect(senseless.length).toBeGreaterThan(0);
    for (const message of senseless) {
      const { type, message: said, details } = await refusal(batch, message);
      expect(type).toBe('wrong-state');
      expect(said).toContain(`The batch ${batch.batchId} is ${state}: `);
      expect(said).toMatch(/It takes now: .*cancel\.$/);
      const [{ message: brief, actions }] = details as [FailureDetails];
      expect(brief).toBe(said.replace(/ It takes now: .*/, ''));
      expect(actions).toContainEqual({ action: 'cancel', batchId: batch.batchId });
      expect(actions).toEqual(availableActions(await batch.progress()));
    }
    // This server, unlike the real one, keeps a task for each question; of an update that was taken there is an event.
    const taken = (await batch.events()).filter(
      (event) => event.workflowExecutionUpdateAcceptedEventAttributes,
    );
    expect(taken).toEqual([]);
    await batch.handle.cancel();
    await batch.endsCancelled();
  });

  test.each(takes)('accepts %s', async (message) => {
    const batch = await bring();
    expect(await send(batch, message)).toMatchObject({ batchId: batch.batchId });
  });
});

test('a message that is sent twice takes effect once', async () => {
  const batch = await time.start({
    failures: { stageRound: ['request-rejected'] },
    lives: [{ hours: 20, end: 'SUCCEEDED' }],
  });
  await batch.until(isStopped, 0);
  await Promise.all([send(batch, 'retry'), send(batch, 'retry')]);
  await batch.until(({ state }) => state === 'WAITING', 0);
  // The first message has taken effect by now.
  expect((await refusal(batch, 'retry')).message).toContain('is WAITING: it is not stopped');
  expect(batch.google.inputsOf('stageRound')).toHaveLength(2);
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED', rounds: 1 });
});

test('an approval cannot be changed into a refusal', async () => {
  const batch = await time.start({}, { options: { approveAboveUsd: 0 } });
  await batch.until(({ state }) => state === 'AWAITING_APPROVAL', 0);
  await send(batch, 'approve');
  await batch.until(({ state }) => state !== 'AWAITING_APPROVAL', 0);
  await expect(send(batch, 'approve')).resolves.toBeDefined();
  expect((await refusal(batch, 'approve', { approved: false })).type).toBe('wrong-state');
  expect(await batch.result()).toMatchObject({ state: 'COMPLETED' });
});

test.each([[{ approved: 'false' }], [{ aproved: false }], ['no']])(
  'an approval of %j is refused, and the batch still waits',
  async (request) => {
    const batch = await STATES.AWAITING_APPROVAL?.bring();
    if (!batch) throw new Error('no batch');
    expect(await refusal(batch, 'approve', request as object)).toMatchObject({ type: 'usage' });
    expect(await batch.progress()).toMatchObject({ state: 'AWAITING_APPROVAL' });
    await send(batch, 'approve', { approved: false });
    await expect(batch.result()).rejects.toMatchObject({ cause: { type: 'approval-refused' } });
  },
);

test("each message has a description in the workflow's metadata", async () => {
  const batch = await time.start({ lives: [{ hours: 20, end: 'SUCCEEDED' }] });
  await batch.until(({ check }) => check !== undefined, 0);
  interface Definition {
    name: string;
    description?: string;
  }
  const { definition } = await batch.handle.query<{ definition: Record<string, Definition[]> }>(
    '__temporal_workflow_metadata',
  );
  const all = ['queryDefinitions', 'signalDefinitions', 'updateDefinitions'].flatMap(
    (kind) => definition[kind] ?? [],
  );
  const ours = all.filter(({ name }) => !name.startsWith('__'));
  expect(ours.map(({ name }) => name).toSorted()).toEqual(
    ['progress', 'jobEvent', ...Object.keys(MESSAGES)].toSorted(),
  );
  expect(ours.filter(({ description = '' }) => !description.endsWith('.')).map(({ name }) => name)).toEqual(
    [],
  );
});
