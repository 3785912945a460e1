import { describe, expect, test } from 'vitest';
import { toHttpAction, toRequest } from '../../../src/api/action-requests.ts';
import type { Flags } from '../../../src/cli/flags.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { actionsJson, describeActions, formatAction } from '../../../src/cli/render/actions.ts';
import { ACTION } from '../../../src/contract/answers/actions.ts';
import { type Action, describeAction, toCommand } from '../../../src/contract/index.ts';
import { toZod } from '../../../src/schemas/to-zod.ts';
import { toMessage } from '../../../src/workflows/action-messages.ts';
import { EVERY_ACTION } from '../../support/actions.ts';

const toName = (action: Action) => [JSON.stringify(action), action] as const;

/** The words and flags that a verb would get. @throws `usage` for a command line that is not accepted */
async function readCall(argv: readonly string[]): Promise<{ args: readonly string[]; flags: Flags }> {
  let call: { args: readonly string[]; flags: Flags } = { args: [], flags: {} };
  const isRead = new Error('read, and not carried out');
  const nowhere = { write: () => true };
  const buildCall = (args: readonly string[], flags: Flags) => {
    call = { args, flags };
    throw isRead;
  };
  await runProgram(argv, { version: '0', stdout: nowhere, stderr: nowhere, buildCall }).catch(
    (error: unknown) => {
      if (error !== isRead) throw error;
    },
  );
  return call;
}

describe('an action', () => {
  test.each(EVERY_ACTION.map(toName))('%s fits the published schema, whole', (_, action) => {
    expect(toZod(ACTION).parse(action)).toEqual(action);
  });

  test.each(EVERY_ACTION.map(toName))(
    '%s is a command that is accepted, with all its data',
    async (_, action) => {
      // What the operator chooses is in capitals.
      const [program, ...argv] = toCommand(action).replace(/\bN\b/, '4').split(' ');
      expect(program).toBe('hummingbatch');
      const { args, flags } = await readCall(argv);
      const { action: name, ...data } = action;
      const read = [...args, ...Object.values(flags)].map(String);
      // What is true or false and `none` are flags of their own.
      for (const value of Object.values(data).filter(
        (value) => typeof value !== 'boolean' && value !== 'none',
      ))
        expect(read).toContain(String(value));
      if (action.action === 'approve') expect(flags.no === true).toBe(!action.approved);
      if (action.action === 'adopt') expect(flags.none === true).toBe(action.job === 'none');
      expect(name).not.toBe('');
    },
  );

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
