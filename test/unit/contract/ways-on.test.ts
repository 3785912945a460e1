import { expect, test } from 'vitest';
import { VERBS } from '../../../src/cli/verbs.ts';
import {
  BATCH_STATES,
  type BatchProgress,
  ERROR_CODES,
  type ErrorCode,
  isEnd,
  retryPolicyOf,
  type Step,
  waysOn,
} from '../../../src/contract/index.ts';
import { progressOf } from '../../support/progress.ts';

function stopped(code: ErrorCode, step: Step = 'submit'): BatchProgress {
  const stop = { step, code, message: '', fix: '', since: '2026-11-23T10:00:00.000Z' };
  return progressOf({ state: 'NEEDS_ATTENTION', stop });
}

const commandsOf = (progress: BatchProgress) => waysOn(progress).map(({ command }) => command);

test.each(BATCH_STATES)('%s has a way, and every command is one that can be typed', (state) => {
  const commands = commandsOf(state === 'NEEDS_ATTENTION' ? stopped('disk-full') : progressOf({ state }));
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) {
    const [program, verb, id] = command.split(' ');
    expect([program, id]).toEqual(['hummingbatch', 'b-1']);
    expect(VERBS.map(({ name }) => name)).toContain(verb);
  }
});

test.each(BATCH_STATES.filter((state) => state !== 'NEEDS_ATTENTION'))(
  '%s takes a message while a batch is open, and only then',
  (state) => {
    const messages = waysOn(progressOf({ state })).flatMap(({ message }) => message ?? []);
    // A report is written within seconds, and a cancelled batch does already what it can.
    const isBusy = state === 'REPORTING' || state === 'CANCELLING';
    expect(messages.length > 0).toBe(!isEnd(state) && !isBusy);
  },
);

test.each(ERROR_CODES.filter((code) => retryPolicyOf(code) !== 'never'))(
  'a stop for %s can be cancelled and retried',
  (code) => {
    const commands = commandsOf(stopped(code));
    expect(commands).toContain('hummingbatch cancel b-1');
    // More money is the way on; a retry would stop again.
    if (code !== 'over-budget') expect(commands).toContain('hummingbatch retry b-1');
  },
);

test('an unknown submission is settled first of all', () => {
  expect(commandsOf(stopped('submission-unknown')).slice(0, 2)).toEqual([
    'hummingbatch adopt b-1 --job batches/…',
    'hummingbatch adopt b-1 --none',
  ]);
});

test.each(['prepare', 'report'] as const)('a stop at %s has nothing to end with', (step) => {
  expect(commandsOf(stopped('disk-full', step))).toEqual([
    'hummingbatch retry b-1',
    'hummingbatch cancel b-1',
  ]);
});

test('what was refused is made again only by name', () => {
  const outputs = { total: 3, image: 2, refused: 1, failed: 0, missing: 0 };
  expect(commandsOf(progressOf({ state: 'COMPLETED_WITH_FAILURES', outputs }))).toEqual([
    'hummingbatch retry b-1 --outcome refused',
    'hummingbatch results b-1',
  ]);
});
