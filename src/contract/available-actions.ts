import type { Action } from './actions.ts';
import type { ErrorCode } from './errors.ts';
import type { BatchProgress, Stop } from './progress.ts';
import type { BatchState, Step } from './words.ts';

/** What is known of a stop when its actions are chosen. */
export interface StopSituation {
  batchId: string;
  step: Step;
  code: ErrorCode;
  /** The batch was cancelled and settles what it owes, so that cancelling it again does nothing. */
  isCancelling?: boolean;
  /** Its job is open at Google. */
  hasOpenJob?: boolean;
  /** It has submissions without an answer, which reserve a part of its budget. */
  hasUnanswered?: boolean;
}

type BatchActions = (batchId: string) => Action[];

const ACTIONS_BY_STATE: Record<
  Exclude<BatchState, 'NEEDS_ATTENTION' | 'COMPLETED_WITH_FAILURES' | 'FAILED'>,
  BatchActions
> = {
  PREPARING: watchOrCancel,
  AWAITING_APPROVAL: (batchId) => [
    { action: 'approve', batchId, approved: true },
    { action: 'approve', batchId, approved: false },
    { action: 'cancel', batchId },
  ],
  STAGING: watchOrCancel,
  SUBMITTING: watchOrCancel,
  WAITING: (batchId) => [
    { action: 'watch', batchId },
    { action: 'check-now', batchId },
    { action: 'cancel', batchId },
  ],
  COLLECTING: watchOrCancel,
  REPORTING: (batchId) => [{ action: 'watch', batchId }],
  CANCELLING: (batchId) => [{ action: 'watch', batchId }],
  COMPLETED: (batchId) => [{ action: 'results', batchId }],
  CANCELLED: (batchId) => [
    { action: 'retry-outputs', batchId },
    { action: 'results', batchId },
  ],
};

/** What an operator can do with a batch now, the likeliest first. */
export function availableActions({
  batchId,
  state,
  stop,
  outputs,
}: Pick<BatchProgress, 'batchId' | 'state' | 'stop' | 'outputs'>): Action[] {
  // A batch that was terminated has failed without a stop, and continues from the store.
  if (state === 'NEEDS_ATTENTION' || state === 'FAILED')
    return stop ? [...stop.actions] : [{ action: 'retry', batchId }];
  if (state !== 'COMPLETED_WITH_FAILURES') return ACTIONS_BY_STATE[state](batchId);
  const actions: Action[] = [{ action: 'results', batchId }];
  // A retry without outcomes leaves refused outputs out: the same prompt is most likely refused again.
  if (outputs.refused > 0) actions.unshift({ action: 'retry-outputs', batchId, outcomes: ['refused'] });
  if (outputs.failed + outputs.missing > 0) actions.unshift({ action: 'retry-outputs', batchId });
  return actions;
}

type AtStop = keyof ReturnType<typeof buildActions>;

/** At a stop for the budget, a part of which is reserved for submissions without an answer. A retry searches for their jobs. */
const SETTLE_OR_RAISE: readonly AtStop[] = ['adopt', 'resubmit', 'setBudget', 'retry', 'accept'];

/** The actions at a stop by their names, where they are not `retry` and `accept`; without the cancellation. */
const ACTIONS_BY_CODE: Partial<Record<ErrorCode, readonly AtStop[]>> = {
  // A plain retry only searches again: it never makes a second job.
  'submission-unknown': ['adopt', 'resubmit', 'retry'],
  // A retry would stop again.
  'over-budget': ['setBudget', 'accept'],
  'model-gone': ['accept', 'retry'],
  'result-gone': ['accept', 'retry'],
  'wrong-worker': ['retry', 'startWorker', 'accept'],
  // A report of less than there was would look like the end of the batch.
  'store-behind': ['retry'],
};

/** What an operator can do about a stop, the likeliest first. */
export function actionsAtStop(situation: StopSituation): Action[] {
  const { batchId, code, step, isCancelling = false, hasUnanswered = false } = situation;
  const actions = buildActions(situation);
  const usual = ACTIONS_BY_CODE[code] ?? ['retry', 'accept'];
  const names = code === 'over-budget' && hasUnanswered ? SETTLE_OR_RAISE : usual;
  const possible = names.filter((name) => name !== 'accept' || mayAccept({ step }));
  return [
    ...possible.map((name) => actions[name]),
    ...(isCancelling ? [] : [{ action: 'cancel' as const, batchId }]),
  ];
}

function buildActions({ batchId, code, step, hasOpenJob = false }: StopSituation) {
  const leavesJob = hasOpenJob || (step === 'collect' && code !== 'result-gone');
  return {
    retry: { action: 'retry', batchId, ...(code === 'job-gone' && { paysAgain: true }) },
    accept: { action: 'accept', batchId, ...(leavesJob && { leavesJob: true }) },
    setBudget: { action: 'set-budget', batchId },
    adopt: { action: 'adopt', batchId },
    resubmit: { action: 'adopt', batchId, job: 'none' },
    startWorker: { action: 'start-worker' },
  } as const satisfies Record<string, Action>;
}

/** The actions of a failed batch, where they are not a retry. */
const ACTIONS_BY_FAILURE: Partial<Record<ErrorCode, (retry: Action) => Action[]>> = {
  'batch-conflict': () => [{ action: 'start-batch', newId: true }],
  // The manifest of a batch never changes; a reference behind a URL may.
  'manifest-invalid': (retry) => [{ action: 'start-batch' }, retry],
};

/** What an operator can do about a batch that failed before it had a job, the likeliest first. */
export function actionsAtFailure(batchId: string, code: ErrorCode): Action[] {
  const retry: Action = { action: 'retry', batchId };
  return ACTIONS_BY_FAILURE[code]?.(retry) ?? [retry];
}

/** Whether a stopped batch can end with what it has: before `prepare` is done it has nothing, and `report` is that end. */
export function mayAccept(stop: Pick<Stop, 'step'> | undefined): boolean {
  return stop !== undefined && stop.step !== 'prepare' && stop.step !== 'report';
}

function watchOrCancel(batchId: string): Action[] {
  return [
    { action: 'watch', batchId },
    { action: 'cancel', batchId },
  ];
}
