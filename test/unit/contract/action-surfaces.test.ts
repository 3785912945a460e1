import { describe, expect, test } from 'vitest';
import { toHttpAction, toRequest } from '../../../src/api/action-requests.ts';
import { actionsJson, describeActions, formatAction } from '../../../src/cli/render/actions.ts';
import { VERBS } from '../../../src/cli/verbs.ts';
import { ACTION } from '../../../src/contract/answers/actions.ts';
import { type Action, describeAction, toCommand } from '../../../src/contract/index.ts';
import { toZod } from '../../../src/schemas/to-zod.ts';
import { toMessage } from '../../../src/workflows/action-messages.ts';
import { EVERY_ACTION } from '../../support/actions.ts';

const toName = (action: Action) => [JSON.stringify(action), action] as const;

describe('an action', () => {
  test.each(EVERY_ACTION.map(toName))('%s fits the published schema, whole', (_, action) => {
    expect(toZod(ACTION).parse(action)).toEqual(action);
  });

  test.each(EVERY_ACTION.map(toName))('%s is a command that exists, with all its data', (_, action) => {
    const [program, verb = '', subverb = ''] = toCommand(action).split(' ');
    expect(program).toBe('hummingbatch');
    const names: readonly string[] = [...VERBS.map(({ name }) => name), '--help'];
    expect(names.includes(verb) || verb === 'schedule').toBe(true);
    if (verb === 'schedule') expect(subverb).toMatch(/^(list|trigger|pause|delete)$/);
    const { action: name, ...data } = action;
    // What is true or false and `none` are flags.
    for (const value of Object.values(data).flat())
      if (typeof value !== 'boolean' && value !== 'none') expect(toCommand(action)).toContain(String(value));
    expect(name).not.toBe('');
  });

  test.each(EVERY_ACTION.map(toName))('%s says what it results in', (_, action) => {
    expect(describeAction(action)).toMatch(/^[a-z].{5,}[^.]$/);
  });

  test('says that it is paid, or leaves a job that is billed, where that is so', () => {
    const isPaid = (action: Action) => /paid|pays|billed/.test(describeAction(action));
    const paid = EVERY_ACTION.filter(isPaid).map((action) => JSON.stringify(action));
    expect(paid).toEqual(
      EVERY_ACTION.filter(
        (one) =>
          'paysAgain' in one ||
          'leavesJob' in one ||
          one.action === 'retry-outputs' ||
          (one.action === 'adopt' && one.job === 'none') ||
          (one.action === 'approve' && !one.approved),
      ).map((action) => JSON.stringify(action)),
    );
  });

  test('is rendered in the terminal with the flags that lead to the same store', () => {
    const flags = { store: '/my images', emulator: true };
    for (const action of EVERY_ACTION) {
      const needsStore = action.action !== 'init' && action.action !== 'help';
      expect(formatAction(action, flags)).toBe(
        `${toCommand(action)}${needsStore ? " --emulator --store '/my images'" : ''}`,
      );
    }
    expect(describeActions([{ action: 'retry', batchId: 'b-1' }, { action: 'list-batches' }], {})).toEqual([
      '  hummingbatch retry b-1  continues at the step where it stopped',
      '  hummingbatch list       lists the batches of this store',
    ]);
    expect(actionsJson([{ action: 'retry', batchId: 'b-1' }], { emulator: true })).toEqual([
      { action: 'retry', batchId: 'b-1', command: 'hummingbatch retry b-1 --emulator' },
    ]);
  });

  test('on an open batch is a message of Temporal or a command that only reads', () => {
    const unsent = EVERY_ACTION.filter((action) => 'batchId' in action && toMessage(action) === undefined);
    expect(new Set(unsent.map(({ action }) => action))).toEqual(
      new Set(['status', 'watch', 'results', 'retry-outputs']),
    );
    expect(toMessage({ action: 'set-budget', batchId: 'b-1', maxCostUsd: 4.21 })).toBe(
      'update `setBudget` with `{"maxCostUsd": 4.21}`',
    );
  });

  test('is a request over HTTP, unless only whoever runs the API can do it', () => {
    const unsent = EVERY_ACTION.filter((action) => toRequest(action) === undefined);
    expect(unsent.filter((action) => 'batchId' in action)).toEqual([]);
    expect(toHttpAction({ action: 'approve', batchId: 'b-1', approved: false })).toEqual({
      action: 'approve',
      batchId: 'b-1',
      approved: false,
      request: { method: 'POST', path: '/v1/batches/b-1/approve', body: { approved: false } },
    });
    expect(toHttpAction({ action: 'start-worker' })).toEqual({ action: 'start-worker' });
  });
});
