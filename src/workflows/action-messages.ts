import { type Action, type ActionTable, renderAction } from '../contract/index.ts';

const none = () => undefined;

const MESSAGES: ActionTable<string | undefined> = {
  'check-now': () => 'update `checkNow`',
  approve: ({ approved }) => `update \`approve\`${approved ? '' : ' with `{"approved": false}`'}`,
  retry: () => 'update `retry`',
  accept: () => 'update `accept`',
  'set-budget': ({ maxCostUsd = 'N' }) => `update \`setBudget\` with \`{"maxCostUsd": ${maxCostUsd}}\``,
  adopt: ({ job = 'batches/…' }) => `update \`adopt\` with \`{"job": "${job}"}\``,
  cancel: () => 'cancel',
  status: none,
  watch: none,
  results: none,
  'retry-outputs': none,
  'start-batch': none,
  'list-batches': none,
  validate: none,
  init: none,
  'start-worker': none,
  'start-local': none,
  doctor: none,
  help: none,
  'list-schedules': none,
  'trigger-schedule': none,
  'pause-schedule': none,
  'delete-schedule': none,
};

/** How an action is sent to an open batch with Temporal's own UI or CLI; undefined where Temporal cannot do it. */
export function toMessage(action: Action): string | undefined {
  return renderAction(MESSAGES, action);
}
