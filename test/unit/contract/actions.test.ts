import { expect, test } from 'vitest';
import { VERBS } from '../../../src/cli/verbs.ts';
import {
  availableActions,
  BATCH_STATES,
  type BatchProgress,
  ERROR_CODES,
  type ErrorCode,
  getRetryPolicy,
  isEnd,
  type Step,
} from '../../../src/contract/index.ts';
import { buildProgress } from '../../support/progress.ts';

function stopped(code: ErrorCode, step: Step = 'submit'): BatchProgress {
  const stop = { step, code, message: '', fix: '', since: '2026-11-23T10:00:00.000Z' };
  return buildProgress({ state: 'NEEDS_ATTENTION', stop });
}

const readCommands = (progress: BatchProgress) => availableActions(progress).map(({ command }) => command);

test.each(BATCH_STATES)('%s has a way, and every command is one that can be typed', (state) => {
  const commands = readCommands(
    state === 'NEEDS_ATTENTION' ? stopped('disk-full') : buildProgress({ state }),
  );
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
    const messages = availableActions(buildProgress({ state })).flatMap(({ message }) => message ?? []);
    // A report is written within seconds, and a cancelled batch does already what it can.
    const isBusy = state === 'REPORTING' || state === 'CANCELLING';
    expect(messages.length > 0).toBe(!isEnd(state) && !isBusy);
  },
);

test.each(ERROR_CODES.filter((code) => getRetryPolicy(code) !== 'never'))(
  'a stop for %s can be cancelled and retried',
  (code) => {
    const commands = readCommands(stopped(code));
    expect(commands).toContain('hummingbatch cancel b-1');
    // More money is the way on; a retry would stop again.
    if (code !== 'over-budget') expect(commands).toContain('hummingbatch retry b-1');
  },
);

test('an unknown submission is settled first of all', () => {
  expect(readCommands(stopped('submission-unknown')).slice(0, 2)).toEqual([
    'hummingbatch adopt b-1 --job batches/…',
    'hummingbatch adopt b-1 --none',
  ]);
});

test.each(['prepare', 'report'] as const)('a stop at %s has nothing to end with', (step) => {
  expect(readCommands(stopped('disk-full', step))).toEqual([
    'hummingbatch retry b-1',
    'hummingbatch cancel b-1',
  ]);
});

test('what was refused is made again only by name', () => {
  const outputs = { total: 3, image: 2, refused: 1, failed: 0, missing: 0 };
  expect(readCommands(buildProgress({ state: 'COMPLETED_WITH_FAILURES', outputs }))).toEqual([
    'hummingbatch retry b-1 --outcome refused',
    'hummingbatch results b-1',
  ]);
});
