import { describe, expect, test } from 'vitest';
import { describeRetry } from '../../../src/cli/render/retry.ts';
import { describeEnd } from '../../../src/cli/render/summary.ts';
import { actionsAtStop, type BatchProgress, type ErrorCode } from '../../../src/contract/index.ts';
import type { Store } from '../../../src/store/store.ts';
import { buildProgress } from '../../support/progress.ts';
import { callIn } from './call.ts';

const STORE = { location: '/store' } as Store;

/** A batch that is stopped as the workflow stops one. */
function buildStopped(batchId: string, code: ErrorCode): BatchProgress {
  const actions = actionsAtStop({ batchId, code, step: 'collect' });
  const stop = { step: 'collect', code, message: 'It stopped.', fix: '', actions, since: '' } as const;
  return buildProgress({ batchId, state: 'NEEDS_ATTENTION', stop });
}

describe('the end of a command', () => {
  test('shows the most likely command, and below it every other that is possible, with its effect', () => {
    const batch = buildStopped('b-1', 'job-gone');
    const text = describeEnd(batch, STORE, callIn('/', { flags: { emulator: true } }));
    const [first, ...others] = batch.stop?.actions ?? [];
    expect(first).toMatchObject({ action: 'retry', paysAgain: true });
    expect(others.map(({ action }) => action)).toContain('accept');
    const [before = '', after = ''] = text.split('\nOr:\n');
    expect(before).toContain('hummingbatch retry b-1 --emulator');
    const lines = after.split('\n');
    expect(lines).toHaveLength(others.length);
    for (const [index, { action }] of others.entries())
      expect(lines[index]).toMatch(new RegExp(`^  hummingbatch ${action} b-1.* --emulator +\\S`));
  });

  test('lists no others where there is one', () => {
    const text = describeEnd(buildProgress({ state: 'COMPLETED' }), STORE, callIn('/'));
    expect(text).not.toContain('Or:');
  });
});

describe('a bulk retry, before it is confirmed', () => {
  test('names the batches whose retry pays again, and no others', () => {
    const batches = [buildStopped('gone', 'job-gone'), buildStopped('full', 'disk-full')];
    const lines = describeRetry(batches, [], {});
    expect(lines.slice(1)).toEqual([
      'The jobs of gone are gone at Google: a retry submits them again, and pays for them again.',
    ]);
  });

  test('counts what ended batches have lost', () => {
    const outputs = { total: 5, image: 1, refused: 1, failed: 1, missing: 2 };
    const ended = buildProgress({ state: 'COMPLETED_WITH_FAILURES', outputs });
    expect(describeRetry([ended], [], {})[1]).toMatch(/^1 of them have ended: .* missing: 3\.$/);
  });

  test('leaves out batches of which nobody knows whether their job exists', () => {
    const lines = describeRetry([], [buildStopped('unknown', 'submission-unknown')], { store: 's' });
    expect(lines).toEqual([
      'No batch matches.',
      expect.stringMatching(/^Left out: unknown, .*hummingbatch adopt unknown --store s --job/),
    ]);
  });
});
