import type { Action, ActionName, ActionOf } from '../../src/contract/index.ts';

const batchId = 'b-1';
const schedule = 'daily';

/** At least one of each kind of action, in all its shapes: the compiler asks for every name. */
const BY_NAME: { [Name in ActionName]: readonly ActionOf<Name>[] } = {
  status: [{ action: 'status', batchId }],
  watch: [{ action: 'watch', batchId }],
  results: [{ action: 'results', batchId }],
  'check-now': [{ action: 'check-now', batchId }],
  cancel: [{ action: 'cancel', batchId }],
  approve: [
    { action: 'approve', batchId, approved: true },
    { action: 'approve', batchId, approved: false },
  ],
  retry: [
    { action: 'retry', batchId },
    { action: 'retry', batchId, paysAgain: true },
  ],
  'retry-outputs': [
    { action: 'retry-outputs', batchId },
    { action: 'retry-outputs', batchId, outcomes: ['refused', 'failed'] },
  ],
  accept: [
    { action: 'accept', batchId },
    { action: 'accept', batchId, leavesJob: true },
  ],
  adopt: [
    { action: 'adopt', batchId },
    { action: 'adopt', batchId, job: 'batches/abc123' },
    { action: 'adopt', batchId, job: 'none' },
  ],
  'set-budget': [
    { action: 'set-budget', batchId },
    { action: 'set-budget', batchId, maxCostUsd: 4.21 },
  ],
  'start-batch': [{ action: 'start-batch' }, { action: 'start-batch', newId: true }],
  'list-batches': [{ action: 'list-batches' }],
  validate: [{ action: 'validate' }],
  init: [{ action: 'init' }],
  'start-worker': [{ action: 'start-worker' }],
  'start-local': [{ action: 'start-local' }],
  doctor: [{ action: 'doctor' }],
  help: [{ action: 'help' }],
  'list-schedules': [{ action: 'list-schedules' }],
  'trigger-schedule': [{ action: 'trigger-schedule', schedule }],
  'pause-schedule': [{ action: 'pause-schedule', schedule }],
  'delete-schedule': [{ action: 'delete-schedule', schedule }],
};

export const EVERY_ACTION: readonly Action[] = Object.values(BY_NAME).flat();
