import { answer, boolean, choice, list, number, only, optional, text, variants } from '../rules.ts';
import { OUTCOMES } from '../words.ts';

const batchId = text(() => true, { description: 'The batch’s id.' });
const schedule = text(() => true, { description: 'The schedule’s name.' });

function action<const Name extends string>(names: readonly Name[], description: string) {
  return choice(names, { description });
}

/** Actions on one batch, without anything to choose. */
const PLAIN = answer({
  action: action(
    ['status', 'watch', 'results', 'check-now', 'cancel'],
    'Shows where the batch stands; follows it; lists its records; checks its job at once; ends it and keeps what its job has finished.',
  ),
  batchId,
});

const APPROVE = answer({
  action: action(['approve'], 'Lets a batch start, or ends it unpaid.'),
  batchId,
  approved: boolean({ description: '`false` ends it.' }),
});

const RETRY = answer({
  action: action(['retry'], 'Continues at the step where the batch stopped.'),
  batchId,
  paysAgain: optional(
    only({ description: 'It submits a round again that was paid for, because its answers are gone.' }),
  ),
});

const RETRY_OUTPUTS = answer({
  action: action(['retry-outputs'], 'Makes outputs of an ended batch again, as a new run, which is paid.'),
  batchId,
  outcomes: optional(list(choice(OUTCOMES)), {
    description: 'Outputs with one of these. Default: `failed` and `missing`.',
  }),
});

const ACCEPT = answer({
  action: action(['accept'], 'Ends a stopped batch with what it has.'),
  batchId,
  leavesJob: optional(
    only({ description: 'Its job stays at Google and is billed. A later retry collects it.' }),
  ),
});

const ADOPT = answer({
  action: action(['adopt'], 'Settles a submission that may or may not have made a job.'),
  batchId,
  job: optional(
    text(() => true),
    {
      description:
        'Absent: the operator names a job of Google’s list. `none`: submits another; if Google has the first one too, both are paid.',
    },
  ),
});

const SET_BUDGET = answer({
  action: action(['set-budget'], 'Changes what the batch may cost, and continues.'),
  batchId,
  maxCostUsd: optional(number(), {
    description: 'The least that lets the next round start, USD. Absent: the operator chooses.',
  }),
});

const START_BATCH = answer({
  action: action(['start-batch'], 'Starts another batch.'),
  newId: optional(only({ description: 'Under an id that no batch has yet.' })),
});

const GENERAL = answer({
  action: action(
    ['list-batches', 'validate', 'init', 'start-worker', 'start-local', 'doctor', 'help', 'list-schedules'],
    'Lists the batches; checks a manifest; writes one; starts a worker; starts a local Temporal server with a worker and the API; checks what a batch needs; lists what can be done; lists the schedules.',
  ),
});

const OF_SCHEDULE = answer({
  action: action(
    ['trigger-schedule', 'pause-schedule', 'delete-schedule'],
    'Fires it now; lets it fire no more until it is resumed; deletes it.',
  ),
  schedule,
});

/** The kinds of an action, by the shape of their fields. */
export const ACTION_KINDS = [
  PLAIN,
  APPROVE,
  RETRY,
  RETRY_OUTPUTS,
  ACCEPT,
  ADOPT,
  SET_BUDGET,
  START_BATCH,
  GENERAL,
  OF_SCHEDULE,
] as const;

export const ACTION = variants('action', ACTION_KINDS, {
  id: 'Action',
  description: 'Something that an operator can do next, as data.',
});
