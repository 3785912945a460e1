import { describe, expect, test } from 'vitest';
import { formatCommand } from '../../../src/cli/commands.ts';
import { nextCommand } from '../../../src/cli/render/actions.ts';
import { actionsAtStop, type BatchProgress } from '../../../src/contract/index.ts';
import { buildProgress } from '../../support/progress.ts';

function stop(code: 'over-budget' | 'disk-full'): BatchProgress['stop'] {
  const actions = actionsAtStop({ batchId: 'b-1', step: 'stage', code });
  return { step: 'stage', code, message: '', fix: '', actions, since: '2026-11-23T10:00:00.000Z' };
}

describe('the next command', () => {
  test.each([
    [{ state: 'WAITING' }, 'hummingbatch watch b-1'],
    [{ state: 'AWAITING_APPROVAL' }, 'hummingbatch approve b-1'],
    [{ state: 'COMPLETED' }, undefined],
    [{ state: 'CANCELLED' }, 'hummingbatch retry b-1'],
    [{ state: 'NEEDS_ATTENTION', stop: stop('over-budget') }, 'hummingbatch set-budget b-1 --max-cost-usd N'],
    [{ state: 'NEEDS_ATTENTION', stop: stop('disk-full') }, 'hummingbatch retry b-1'],
  ] satisfies [Partial<BatchProgress>, string | undefined][])('of %j is %s', (change, command) => {
    expect(nextCommand(buildProgress(change), {})).toBe(command);
  });

  test('names refused outputs where only those are left, because a plain retry skips them', () => {
    const outputs = { total: 2, image: 1, refused: 1, failed: 0, missing: 0 };
    expect(nextCommand(buildProgress({ state: 'COMPLETED_WITH_FAILURES', outputs }), {})).toBe(
      'hummingbatch retry b-1 --outcome refused',
    );
  });

  test('has the flags of the same store', () => {
    expect(formatCommand('watch', 'b-1', { store: '/my images' })).toBe(
      "hummingbatch watch b-1 --store '/my images'",
    );
  });
});
