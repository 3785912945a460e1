import type { ErrorCode } from './errors.ts';
import type { BatchProgress } from './progress.ts';
import type { BatchState } from './words.ts';

/** Something that a person can do with a batch as it stands. */
export interface Action {
  /** As it is typed. */
  command: string;
  /** The same by Temporal's own means, from its pages or its CLI; absent where it takes the store. */
  message?: string;
  /** What comes of it, a few words. */
  does: string;
}

type ActionName =
  | 'watch'
  | 'check-now'
  | 'approve'
  | 'refuse'
  | 'retry'
  | 'accept'
  | 'set-budget'
  | 'adopt'
  | 'adopt-none'
  | 'cancel'
  | 'retry-ended'
  | 'retry-refused'
  | 'results';

/** `ID` stands for the batch. */
const ACTIONS: Record<ActionName, Action> = {
  watch: { command: 'hummingbatch watch ID', does: 'follows it' },
  'check-now': {
    command: 'hummingbatch check-now ID',
    message: 'update `checkNow`',
    does: 'asks Google at once',
  },
  approve: { command: 'hummingbatch approve ID', message: 'update `approve`', does: 'lets it go' },
  refuse: {
    command: 'hummingbatch approve ID --no',
    message: 'update `approve` with `{"approved": false}`',
    does: 'ends it, unpaid',
  },
  retry: {
    command: 'hummingbatch retry ID',
    message: 'update `retry`',
    does: 'goes on at the step where it stopped',
  },
  accept: {
    command: 'hummingbatch accept ID',
    message: 'update `accept`',
    does: 'ends it with what is there',
  },
  'set-budget': {
    command: 'hummingbatch set-budget ID --max-cost-usd N',
    message: 'update `setBudget` with `{"maxCostUsd": N}`',
    does: 'changes what it may cost, and goes on',
  },
  adopt: {
    command: 'hummingbatch adopt ID --job batches/…',
    message: 'update `adopt` with `{"job": "batches/…"}`',
    does: 'takes this job of Google’s as its own',
  },
  'adopt-none': {
    command: 'hummingbatch adopt ID --none',
    message: 'update `adopt` with `{"job": "none"}`',
    does: 'makes the job again',
  },
  cancel: {
    command: 'hummingbatch cancel ID',
    message: 'cancel',
    does: 'ends it, keeping what its job has finished',
  },
  'retry-ended': { command: 'hummingbatch retry ID', does: 'makes again what is no image, as a new run' },
  'retry-refused': {
    command: 'hummingbatch retry ID --outcome refused',
    does: 'makes again what was refused, as a new run',
  },
  results: { command: 'hummingbatch results ID', does: 'lists what became of each output' },
};

const ACTIONS_BY_STATE: Record<
  Exclude<BatchState, 'NEEDS_ATTENTION' | 'COMPLETED_WITH_FAILURES'>,
  readonly ActionName[]
> = {
  PREPARING: ['watch', 'cancel'],
  AWAITING_APPROVAL: ['approve', 'refuse', 'cancel'],
  STAGING: ['watch', 'cancel'],
  SUBMITTING: ['watch', 'cancel'],
  WAITING: ['watch', 'check-now', 'cancel'],
  COLLECTING: ['watch', 'cancel'],
  REPORTING: ['watch'],
  CANCELLING: ['watch'],
  COMPLETED: ['results'],
  CANCELLED: ['retry-ended', 'results'],
  FAILED: ['retry-ended'],
};

/** Where something else than another try is likelier to help. */
const ACTIONS_BY_STOP: Partial<Record<ErrorCode, readonly ActionName[]>> = {
  'submission-unknown': ['adopt', 'adopt-none', 'retry'],
  'over-budget': ['set-budget', 'accept'],
  'model-gone': ['accept', 'retry'],
  'result-gone': ['accept', 'retry'],
};

/** What a person can do with a batch now, the likeliest first. */
export function availableActions(progress: BatchProgress): Action[] {
  return listActions(progress).map((way) => {
    const { command, ...rest } = ACTIONS[way];
    return { command: command.replace(' ID', ` ${progress.batchId}`), ...rest };
  });
}

function listActions({ state, stop, outputs }: BatchProgress): ActionName[] {
  if (state === 'COMPLETED_WITH_FAILURES') {
    const { refused, failed, missing } = outputs;
    return [...when(failed + missing > 0, 'retry-ended'), ...when(refused > 0, 'retry-refused'), 'results'];
  }
  if (state !== 'NEEDS_ATTENTION') return [...ACTIONS_BY_STATE[state]];
  const ways = (stop && ACTIONS_BY_STOP[stop.code]) ?? ['retry', 'accept'];
  return [...ways.filter((way) => way !== 'accept' || mayAccept(stop)), 'cancel'];
}

/** Before the manifest was read there is nothing to end with, and a report is that end. */
export function mayAccept(stop: BatchProgress['stop']): boolean {
  return stop !== undefined && stop.step !== 'prepare' && stop.step !== 'report';
}

function when(isSo: boolean, way: ActionName): ActionName[] {
  return isSo ? [way] : [];
}
