import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HummingbatchError } from '../../../src/contract/errors.ts';
import { JOB_STATES } from '../../../src/contract/words.ts';
import { parseState, readOperation } from '../../../src/gemini/operation.ts';
import { property } from '../../support/property.ts';

const NAME = 'batches/0123456789abcdefghijklmnopqrstuvwxyz';
const RESULT = 'files/batch-0123456789abcdefghijklmnopqrstuvwxyz';

function operation(metadata: object = {}, rest: object = {}) {
  return { name: NAME, metadata: { state: 'BATCH_STATE_RUNNING', ...metadata }, ...rest };
}

describe('a job', () => {
  test('that runs is read from int64 as text and with zero counters left out', () => {
    const batchStats = { requestCount: '12', pendingRequestCount: '7', successfulRequestCount: '5' };
    expect(
      readOperation(
        operation({ batchStats, displayName: 'hb/x', createTime: '2026-11-22T12:00:00.123456789Z' }),
      ),
    ).toEqual({
      name: NAME,
      displayName: 'hb/x',
      state: 'RUNNING',
      wireState: 'BATCH_STATE_RUNNING',
      createTime: Date.parse('2026-11-22T12:00:00.123Z'),
      pending: 7,
      successful: 5,
      failed: 0,
    });
  });

  test('that succeeded has its result file in either of two places', () => {
    const output = { responsesFile: RESULT };
    const state = 'BATCH_STATE_SUCCEEDED';
    expect(readOperation(operation({ state, output })).resultFile).toBe(RESULT);
    expect(readOperation(operation({ state }, { done: true, response: output })).resultFile).toBe(RESULT);
  });

  test('that failed has its error, with at most 500 characters', () => {
    const state = 'BATCH_STATE_FAILED';
    const error = { code: 13, message: 'm'.repeat(2000) };
    expect(readOperation(operation({ state }, { done: true, error })).error).toEqual({
      code: 13,
      message: 'm'.repeat(500),
    });
    expect(readOperation(operation({ state }, { error: { code: 'x' } })).error).toEqual({
      code: 2,
      message: '',
    });
  });

  test.each(JOB_STATES.filter((state) => state !== 'UNKNOWN'))(
    'in the state %s is read in both spellings',
    (state) => {
      expect(parseState(`BATCH_STATE_${state}`)).toBe(state);
      expect(parseState(`JOB_STATE_${state}`)).toBe(state);
    },
  );

  test('in an unknown state has not ended, and keeps its spelling', () => {
    expect(readOperation(operation({ state: 'BATCH_STATE_PAUSED' }))).toMatchObject({
      state: 'UNKNOWN',
      wireState: 'BATCH_STATE_PAUSED',
    });
    expect(parseState('BATCH_STATE_UNSPECIFIED')).toBe('PENDING');
  });

  test('in an unknown state has ended when the operation is done', () => {
    const odd = { state: 'BATCH_STATE_PARTLY_SUCCEEDED' };
    expect(readOperation(operation(odd, { done: true, response: { responsesFile: RESULT } }))).toMatchObject({
      state: 'SUCCEEDED',
      resultFile: RESULT,
    });
    expect(readOperation(operation(odd, { done: true, error: { code: 8 } })).state).toBe('FAILED');
  });

  test.each(['0', 'yesterday', '2026', '', '2026-13-45T99:99:99Z'])(
    'with the createTime %j has no creation time',
    (createTime) => {
      expect(readOperation(operation({ createTime })).createTime).toBeUndefined();
    },
  );

  test.each(['-1', 'NaN', '1e99', 1.5, null, {}, '99999999999999999999'])(
    'with the counter %j counts 0',
    (count) => {
      expect(readOperation(operation({ batchStats: { pendingRequestCount: count } })).pending).toBe(0);
    },
  );

  test.each(['files/../../x', 'https://elsewhere/x', 'files/', 7])(
    'does not accept %j as a result file',
    (responsesFile) => {
      expect(readOperation(operation({ output: { responsesFile } })).resultFile).toBeUndefined();
    },
  );
});

describe('JSON that is not a job', () => {
  test.each([
    undefined,
    null,
    'text',
    [],
    {},
    { name: 'batches/../x' },
    { name: 'operations/1' },
    { name: NAME, metadata: 7 },
  ])('fails as invalid-response: %j', (value) => {
    expect(() => readOperation(value)).toThrow(expect.objectContaining({ code: 'invalid-response' }));
  });

  const fields = [
    'name',
    'metadata',
    'state',
    'createTime',
    'batchStats',
    'output',
    'responsesFile',
    'error',
    'code',
    'done',
  ];
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.anything(),
      fc.constantFrom(NAME, 'BATCH_STATE_RUNNING', RESULT, '1', true),
      fc.dictionary(fc.constantFrom(...fields), tie('tree')),
    ),
  }));

  property([tree, fc.boolean()])('never throws anything but our own error', (value, named) => {
    const whole = named && typeof value === 'object' && value !== null ? { ...value, name: NAME } : value;
    try {
      const job = readOperation(whole);
      expect(JOB_STATES).toContain(job.state);
      for (const count of [job.pending, job.successful, job.failed])
        expect(Number.isSafeInteger(count)).toBe(true);
      if ('createTime' in job) expect(Number.isFinite(job.createTime)).toBe(true);
    } catch (error) {
      expect(error).toBeInstanceOf(HummingbatchError);
    }
  });
});
