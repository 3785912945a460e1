import { describe, expect, test } from 'vitest';
import type { Count } from '../../../src/batch/metrics.ts';
import { Tally } from '../../../src/batch/tally.ts';
import type { BatchProgress, OutputCounts, Stop } from '../../../src/contract/index.ts';

const NONE: OutputCounts = { total: 0, image: 0, refused: 0, failed: 0, missing: 0 };
const START: BatchProgress = {
  batchId: 'b-1',
  state: 'PREPARING',
  model: 'gemini-3-pro-image',
  round: 0,
  outputs: NONE,
  jobs: [],
  costUsd: { estimated: 1, actual: 0 },
  startedAt: '2026-11-24T10:00:00.000Z',
};
const STOP: Stop = {
  step: 'submit',
  code: 'over-budget',
  message: '',
  fix: '',
  actions: [],
  since: START.startedAt,
};
const LABEL = { model: 'nano-banana-pro' };

type Counted = [name: string, amount: number, labels: object];

/** What is counted while the progress of a batch goes through these changes. */
function counted(changes: Partial<BatchProgress>[], isRetry = false): Counted[] {
  const said: Counted[] = [];
  const count: Count = (name, amount, labels) => said.push([name, amount, labels]);
  const tally = new Tally(count, isRetry);
  let before = START;
  for (const change of changes) {
    const after = { ...before, ...change };
    tally.update(before, after);
    before = after;
  }
  return said;
}

function cost(actual: number): Partial<BatchProgress> {
  return { costUsd: { estimated: 1, actual } };
}

describe('a batch', () => {
  test('counts its outputs once, at its end, and leaves out outcomes of 0', () => {
    const outputs = { total: 5, image: 3, refused: 1, failed: 0, missing: 1 };
    expect(
      counted([
        { outputs: { ...NONE, total: 5 } },
        { state: 'REPORTING', outputs },
        { state: 'COMPLETED' },
        {},
      ]),
    ).toEqual([
      ['ended', 1, { state: 'COMPLETED', ...LABEL }],
      ['outputs', 3, { outcome: 'image', ...LABEL }],
      ['outputs', 1, { outcome: 'refused', ...LABEL }],
      ['outputs', 1, { outcome: 'missing', ...LABEL }],
    ]);
  });

  test('that is retried after its end counts only the outputs that the retry changed', () => {
    const found = { total: 5, image: 3, refused: 1, failed: 1, missing: 0 };
    const outputs = { total: 5, image: 4, refused: 1, failed: 0, missing: 0 };
    const changes = [{ outputs: found }, { state: 'COMPLETED_WITH_FAILURES', outputs }] as const;
    expect(counted([...changes], true)).toEqual([
      ['ended', 1, { state: 'COMPLETED_WITH_FAILURES', ...LABEL }],
      ['outputs', 1, { outcome: 'image', ...LABEL }],
    ]);
  });

  test('that continues in a new run without having ended counts all of its outputs', () => {
    const found = { total: 5, image: 3, refused: 0, failed: 0, missing: 0 };
    const outputs = { ...found, image: 5 };
    expect(counted([{ outputs: found }, { state: 'COMPLETED', outputs }])).toContainEqual([
      'outputs',
      5,
      { outcome: 'image', ...LABEL },
    ]);
  });

  test('counts cost in millionths, without the cost of an earlier run', () => {
    const spent = counted([
      cost(2),
      { state: 'COLLECTING' },
      cost(2.100001),
      cost(2.100001),
      { state: 'REPORTING', ...cost(2.2) },
    ]);
    expect(spent).toEqual([
      ['spent', 100_001, LABEL],
      ['spent', 99_999, LABEL],
    ]);
  });

  test('loses no amounts below a millionth', () => {
    const drops = Array.from({ length: 1000 }, (_, n) => cost((n + 1) * 4e-7));
    const all = counted([{ state: 'COLLECTING' }, ...drops]);
    const sum = all.reduce((sum, [, more]) => sum + more, 0);
    expect(sum).toBe(400);
  });

  test('counts each stop once, whatever else changes meanwhile', () => {
    const stopped = { state: 'NEEDS_ATTENTION', stop: STOP } as const;
    const on = { state: 'SUBMITTING', stop: undefined } as const;
    const labels = { step: 'submit', code: 'over-budget' };
    expect(counted([stopped, { jobs: [] }, on as never, { ...stopped, stop: { ...STOP } }])).toEqual([
      ['stops', 1, labels],
      ['stops', 1, labels],
    ]);
  });

  test('that fails counts its end and no stop', () => {
    expect(counted([{ state: 'FAILED', stop: STOP }])).toEqual([['ended', 1, { state: 'FAILED', ...LABEL }]]);
  });

  test('counts checks, waits for quota and collected rounds', () => {
    const check = { number: 1, jobState: 'RUNNING', pending: 1, successful: 0, failed: 0 } as const;
    const quota = { since: '', nextTry: '' };
    expect(
      counted([
        { state: 'WAITING', check },
        { nextCheck: '' },
        { check: { ...check, number: 2 }, quota },
        { lastCheck: '' },
        { state: 'COLLECTING', quota: undefined } as never,
        { outputs: { ...NONE, total: 1 } },
      ]),
    ).toEqual([
      ['checks', 1, { job_state: 'RUNNING' }],
      ['checks', 1, { job_state: 'RUNNING' }],
      ['quotaWaits', 1, {}],
      ['rounds', 1, {}],
    ]);
  });

  test('of an unknown model counts under one label', () => {
    const models = ['my-model-1', 'my-model-2', undefined as never];
    for (const model of models)
      expect(counted([{ model }, { state: 'CANCELLED' }])).toEqual([
        ['ended', 1, { state: 'CANCELLED', model: 'other' }],
      ]);
  });
});
