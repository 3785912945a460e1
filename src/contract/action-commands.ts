import { type Action, type ActionTable, renderAction } from './actions.ts';

const COMMANDS: ActionTable<string> = {
  status: ({ batchId }) => `status ${batchId}`,
  watch: ({ batchId }) => `watch ${batchId}`,
  results: ({ batchId }) => `results ${batchId}`,
  'check-now': ({ batchId }) => `check-now ${batchId}`,
  cancel: ({ batchId }) => `cancel ${batchId}`,
  approve: ({ batchId, approved }) => `approve ${batchId}${approved ? '' : ' --no'}`,
  retry: ({ batchId }) => `retry ${batchId}`,
  'retry-outputs': ({ batchId, outcomes }) =>
    `retry ${batchId}${outcomes ? ` --outcome ${outcomes.join(',')}` : ''}`,
  accept: ({ batchId }) => `accept ${batchId}`,
  adopt: ({ batchId, job = 'batches/…' }) => `adopt ${batchId} ${job === 'none' ? '--none' : `--job ${job}`}`,
  'set-budget': ({ batchId, maxCostUsd = 'N' }) => `set-budget ${batchId} --max-cost-usd ${maxCostUsd}`,
  'start-batch': ({ newId }) => `run MANIFEST${newId ? ' --new' : ''}`,
  'list-batches': () => 'list',
  validate: () => 'validate MANIFEST',
  init: () => 'init',
  'start-worker': () => 'worker',
  'start-local': () => 'up',
  doctor: () => 'doctor',
  help: () => '--help',
  'list-schedules': () => 'schedule list',
  'trigger-schedule': ({ schedule }) => `schedule trigger ${schedule}`,
  'pause-schedule': ({ schedule }) => `schedule pause ${schedule}`,
  'delete-schedule': ({ schedule }) => `schedule delete ${schedule}`,
};

const RESULTS: ActionTable<string> = {
  status: () => 'shows where it stands',
  watch: () => 'follows it',
  results: () => 'lists the record of each output',
  'check-now': () => 'asks Google at once',
  cancel: () => 'ends it and keeps what its job has finished',
  approve: ({ approved }) => (approved ? 'lets it start' : 'ends it, unpaid'),
  retry: ({ paysAgain }) =>
    paysAgain ? 'submits the round again, and pays for it again' : 'continues at the step where it stopped',
  'retry-outputs': ({ outcomes = ['failed or missing'] }) =>
    `makes again what is ${outcomes.join(' or ')}, as a new run, which is paid`,
  accept: ({ leavesJob }) =>
    `ends it with what it has${leavesJob ? '; its job stays at Google and is billed' : ''}`,
  adopt: ({ job }) =>
    job === 'none'
      ? 'submits another job; if Google has the first one too, both are paid'
      : 'takes this job of Google as its own',
  'set-budget': () => 'changes what it may cost, and continues',
  'start-batch': ({ newId }) => (newId ? 'starts it under another id' : 'starts another batch'),
  'list-batches': () => 'lists the batches of this store',
  validate: () => 'lists all problems of a manifest',
  init: () => 'writes a manifest that runs',
  'start-worker': () => 'starts a worker',
  'start-local': () => 'starts a worker, the API and, where none is configured, a Temporal server',
  doctor: () => 'checks what a batch needs',
  help: () => 'lists what can be done',
  'list-schedules': () => 'lists the schedules of this store',
  'trigger-schedule': () => 'fires it now',
  'pause-schedule': () => 'no further firings until it is resumed',
  'delete-schedule': () => 'deletes it; its batches continue',
};

/** The command that carries out an action, without the flags that name a store. What the operator chooses is in capitals. */
export function toCommand(action: Action): string {
  return `hummingbatch ${renderAction(COMMANDS, action)}`;
}

/** What an action results in, in a few words. */
export function describeAction(action: Action): string {
  return renderAction(RESULTS, action);
}
