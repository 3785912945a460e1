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

/** What an operator can do about a stop, the likeliest first. */
export function actionsAtStop(situation: StopSituation): Action[] {
  const { batchId, step, code, isCancelling = false, hasOpenJob = false } = situation;
  const leavesJob = hasOpenJob || (step === 'collect' && code !== 'result-gone');
  const accept: Action = { action: 'accept', batchId, ...(leavesJob && { leavesJob }) };
  const retry: Action = {
    action: 'retry',
    batchId,
    ...(code === 'job-gone' && { paysAgain: true as const }),
  };
  const cancel: Action = { action: 'cancel', batchId };
  return [
    ...chooseByCode(code, batchId, retry, accept).filter((one) => one !== accept || mayAccept({ step })),
    ...(isCancelling ? [] : [cancel]),
  ];
}

function chooseByCode(code: ErrorCode, batchId: string, retry: Action, accept: Action): Action[] {
  switch (code) {
    case 'submission-unknown':
      // A plain retry only searches again: it never makes a second job.
      return [{ action: 'adopt', batchId }, { action: 'adopt', batchId, job: 'none' }, retry];
    case 'over-budget':
      // A retry would stop again.
      return [{ action: 'set-budget', batchId }, accept];
    case 'model-gone':
    case 'result-gone':
      return [accept, retry];
    case 'wrong-worker':
      return [retry, { action: 'start-worker' }, accept];
    default:
      return [retry, accept];
  }
}

/** What an operator can do about a batch that failed before it had a job. */
export function actionsAtFailure(batchId: string, code: ErrorCode): Action[] {
  switch (code) {
    case 'batch-conflict':
      return [{ action: 'start-batch', newId: true }];
    case 'manifest-invalid':
      // The manifest of a batch never changes; a reference behind a URL may.
      return [{ action: 'start-batch' }, { action: 'retry', batchId }];
    default:
      return [{ action: 'retry', batchId }];
  }
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
