import { describe, expect, test } from 'vitest';
import {
  type Action,
  actionsAtFailure,
  actionsAtStop,
  availableActions,
  BATCH_STATES,
  type BatchProgress,
  ERROR_CODES,
  type ErrorCode,
  getRetryPolicy,
  isEnd,
  type Step,
  type StopSituation,
  toCommand,
} from '../../../src/contract/index.ts';
import { toMessage } from '../../../src/workflows/action-messages.ts';
import { buildProgress } from '../../support/progress.ts';

/** Those for which a batch can stop. */
const STOP_CODES = ERROR_CODES.filter((code) => getRetryPolicy(code) !== 'never');
/** Those at which it can. */
const STOP_STEPS: readonly Step[] = ['prepare', 'stage', 'submit', 'wait', 'collect', 'report', 'cancel'];

const SITUATIONS = STOP_CODES.flatMap((code) =>
  STOP_STEPS.flatMap((step) =>
    [false, true].flatMap((isCancelling) =>
      [false, true].map(
        (hasOpenJob): StopSituation => ({ batchId: 'b-1', step, code, isCancelling, hasOpenJob }),
      ),
    ),
  ),
);

const namesIn = (actions: readonly Action[]) => actions.map(({ action }) => action);

function stopped(code: ErrorCode, step: Step = 'submit'): BatchProgress {
  const actions = actionsAtStop({ batchId: 'b-1', step, code });
  const stop = { step, code, message: '', fix: '', actions, since: '2026-11-23T10:00:00.000Z' };
  return buildProgress({ state: 'NEEDS_ATTENTION', stop });
}

describe('the actions of a batch', () => {
  test.each(BATCH_STATES)('that is %s are at least one, each for this batch', (state) => {
    const actions = availableActions(
      state === 'NEEDS_ATTENTION' ? stopped('disk-full') : buildProgress({ state }),
    );
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) expect(action).toMatchObject({ batchId: 'b-1' });
  });

  test.each(BATCH_STATES.filter((state) => state !== 'NEEDS_ATTENTION' && !isEnd(state)))(
    'that is %s include a message, unless it ends within seconds',
    (state) => {
      const messages = availableActions(buildProgress({ state })).flatMap((one) => toMessage(one) ?? []);
      // A report is written within seconds, and a cancelled batch does already what it can.
      const isBusy = state === 'REPORTING' || state === 'CANCELLING';
      expect(messages.length > 0).toBe(!isBusy);
    },
  );

  test('that has outputs to make again say that a new run is paid, and name refused outputs', () => {
    const outputs = { total: 3, image: 1, refused: 1, failed: 1, missing: 0 };
    expect(availableActions(buildProgress({ state: 'COMPLETED_WITH_FAILURES', outputs }))).toEqual([
      { action: 'retry-outputs', batchId: 'b-1' },
      { action: 'retry-outputs', batchId: 'b-1', outcomes: ['refused'] },
      { action: 'results', batchId: 'b-1' },
    ]);
  });

  test('whose outputs are only refused ones include no plain retry, which would leave them out', () => {
    const outputs = { total: 3, image: 2, refused: 1, failed: 0, missing: 0 };
    expect(availableActions(buildProgress({ state: 'COMPLETED_WITH_FAILURES', outputs }))).toEqual([
      { action: 'retry-outputs', batchId: 'b-1', outcomes: ['refused'] },
      { action: 'results', batchId: 'b-1' },
    ]);
  });

  test('that failed without a stop, because it was terminated, are to continue from the store', () => {
    expect(availableActions(buildProgress({ state: 'FAILED' }))).toEqual([
      { action: 'retry', batchId: 'b-1' },
    ]);
  });
});

describe('the actions at a stop', () => {
  test.each(STOP_CODES)('for %s are those that its progress has', (code) => {
    const progress = stopped(code);
    expect(availableActions(progress)).toEqual(progress.stop?.actions);
  });

  test.each(STOP_CODES)('for %s include a cancellation and a way to continue', (code) => {
    const names = namesIn(actionsAtStop({ batchId: 'b-1', step: 'submit', code }));
    expect(names).toContain('cancel');
    // A retry over the budget would stop again.
    expect(names).toContain(code === 'over-budget' ? 'set-budget' : 'retry');
    expect(names.includes('set-budget')).toBe(code === 'over-budget');
  });

  test('include a retry that pays again only where a paid job is gone, and then say so', () => {
    for (const situation of SITUATIONS) {
      const pays = actionsAtStop(situation).some((one) => one.action === 'retry' && one.paysAgain);
      expect(pays, JSON.stringify(situation)).toBe(situation.code === 'job-gone');
    }
  });

  test('include no accept before there is anything to end with, nor at the report, which is that end', () => {
    for (const situation of SITUATIONS.filter(({ step }) => step === 'prepare' || step === 'report'))
      expect(namesIn(actionsAtStop(situation)), JSON.stringify(situation)).not.toContain('accept');
  });

  test('say of an accept that it leaves a job at Google, wherever it does', () => {
    const accepts = SITUATIONS.flatMap((situation) =>
      actionsAtStop(situation).flatMap((one) => (one.action === 'accept' ? [{ situation, one }] : [])),
    );
    expect(accepts.length).toBeGreaterThan(100);
    for (const { situation, one } of accepts) {
      const { code, step, hasOpenJob } = situation;
      const isUncollected = step === 'collect' && code !== 'result-gone';
      expect('leavesJob' in one, JSON.stringify(situation)).toBe(hasOpenJob || isUncollected);
    }
  });

  test('include no cancellation while the batch is being cancelled: it would do nothing', () => {
    for (const situation of SITUATIONS)
      expect(namesIn(actionsAtStop(situation)).includes('cancel')).toBe(!situation.isCancelling);
  });

  test('begin with adopting where a submission is unknown, and include no accept that would hide a job', () => {
    expect(actionsAtStop({ batchId: 'b-1', step: 'submit', code: 'submission-unknown' })).toEqual([
      { action: 'adopt', batchId: 'b-1' },
      { action: 'adopt', batchId: 'b-1', job: 'none' },
      { action: 'retry', batchId: 'b-1' },
      { action: 'cancel', batchId: 'b-1' },
    ]);
  });

  test.each(['prepare', 'report'] as const)('at %s are a retry and a cancellation', (step) => {
    expect(actionsAtStop({ batchId: 'b-1', step, code: 'disk-full' }).map(toCommand)).toEqual([
      'hummingbatch retry b-1',
      'hummingbatch cancel b-1',
    ]);
  });
});

describe('the actions of a batch that failed', () => {
  test('for another manifest under its id are to start under a new one: a retry would fail again', () => {
    expect(actionsAtFailure('b-1', 'batch-conflict')).toEqual([{ action: 'start-batch', newId: true }]);
  });

  test('for its manifest begin with another batch: the manifest of a batch never changes', () => {
    expect(namesIn(actionsAtFailure('b-1', 'manifest-invalid'))).toEqual(['start-batch', 'retry']);
  });

  test('because it was not approved are to start it again, which asks for approval again', () => {
    expect(actionsAtFailure('b-1', 'approval-refused')).toEqual([{ action: 'retry', batchId: 'b-1' }]);
  });
});
