import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ADOPT_REQUEST,
  APPROVE_REQUEST,
  MAX_TIME_MS,
  SET_BUDGET_REQUEST,
  toWorkflowId,
} from '../../../src/contract/index.ts';
import { read, readInput, readScheduledInput } from '../../../src/workflows/read.ts';
import { loadChecker } from '../../support/contract.ts';
import { property } from '../../support/property.ts';
import { samples } from '../../support/samples.ts';
import {
  amounts,
  good,
  goodInputs,
  isOfItself,
  jobs,
  onceWrongInputs,
  own,
  SCHEDULED,
  spoilt,
  spoiltInputs,
  spoiltScheduled,
} from './inputs.ts';

/*
 * The workflow checks its input with the contract's rules, and the published JSON Schemas are made of the same rules. They
 * accept the same values, but for the differences at the end.
 */

const RUNS = samples(200, 2000);

/** The sentence with which a reader refuses a value; empty where it accepts it. Any other error is thrown on. */
function catchRefusal(readValue: () => unknown): string {
  try {
    readValue();
    return '';
  } catch (error) {
    const { type, message } = error as { type?: string; message: string };
    if (type !== 'usage') throw error;
    return message;
  }
}

/** As Temporal hands a value over: parsed from JSON. */
const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const readers = {
  'image-batch-input': (sent: unknown) => readInput(sent, toId(sent)),
  'scheduled-batch-input': readScheduledInput,
  approve: (sent: unknown) => read(APPROVE_REQUEST, sent),
  'set-budget': (sent: unknown) => read(SET_BUDGET_REQUEST, sent),
  adopt: (sent: unknown) => read(ADOPT_REQUEST, sent),
};
type Read = keyof typeof readers;

/** The schema cannot compare the workflow's id. */
function toId(sent: unknown): string {
  const { batchId } = (sent ?? {}) as { batchId?: unknown };
  return typeof batchId === 'string' ? toWorkflowId(batchId) : '';
}

const schemas = Object.fromEntries(
  await Promise.all(
    (Object.keys(readers) as Read[]).map(async (name) => [name, await loadChecker(name)] as const),
  ),
) as Record<Read, (value: unknown) => string>;

const verdicts = (name: Read, value: unknown) => ({
  reader: catchRefusal(() => readers[name](value)),
  schema: schemas[name](value),
});

function expectSame(name: Read, sent: unknown): void {
  const value = asSent(sent);
  const { reader, schema } = verdicts(name, value);
  const shown = `${JSON.stringify(value)}\nthe reader: ${reader || 'accepts it'}\nthe schema: ${schema || 'accepts it'}`;
  expect(reader === '', shown).toBe(schema === '');
}

function expectTaken(name: Read, sent: unknown): void {
  expect(verdicts(name, asSent(sent))).toEqual({ reader: '', schema: '' });
}

const base = { batchId: 'a', manifest: { uri: own('a'), sha256: '0'.repeat(64) } };
const withOptions = (options: object) => ({ ...base, options });

describe('the reader and the published schema', () => {
  property([goodInputs], RUNS)('accept every valid input of imageBatch', (input) =>
    expectTaken('image-batch-input', input),
  );
  property([spoiltInputs.filter(isOfItself)], RUNS)('agree on an invalid input of imageBatch', (input) =>
    expectSame('image-batch-input', input),
  );
  property([onceWrongInputs], RUNS)('agree on an input with one invalid field', (input) =>
    expectSame('image-batch-input', input),
  );
  property([good(SCHEDULED, ['schedule', 'manifest'])], RUNS)(
    'accept every valid input of scheduledBatch',
    (input) => expectTaken('scheduled-batch-input', input),
  );
  property([spoiltScheduled], RUNS)('agree on an invalid input of scheduledBatch', (input) =>
    expectSame('scheduled-batch-input', input),
  );
  property([spoilt({ approved: fc.boolean() })], RUNS)('agree on an approval', (sent) =>
    expectSame('approve', sent),
  );
  property([spoilt({ maxCostUsd: amounts })], RUNS)('agree on a budget', (sent) =>
    expectSame('set-budget', sent),
  );
  property([spoilt({ job: jobs })], RUNS)('agree on an adoption', (sent) => expectSame('adopt', sent));

  const many = (count: number, one: unknown = 'x') => Array(count).fill(one) as unknown[];
  const to = (more: object) => ({ notify: [{ url: 'https://a.example', secretRef: 's', ...more }] });
  test.each([
    ['letters of an id', 60, (n: number) => ({ batchId: 'x'.repeat(n) })],
    ['letters of a retry’s id', 60, (n: number) => ({ ...base, retry: { id: 'x'.repeat(n) } })],
    ['letters of a key', 200, (n: number) => ({ ...base, retry: { id: 'x', keys: ['é'.repeat(n)] } })],
    ['rounds', 10, (n: number) => withOptions({ maxRounds: n })],
    ['keys of a retry', 200, (n: number) => ({ ...base, retry: { id: 'x', keys: many(n) } })],
    ['outcomes', 4, (n: number) => ({ ...base, retry: { id: 'x', outcomes: many(n, 'failed') } })],
    ['flags', 5, (n: number) => ({ ...base, retry: { id: 'x', flags: many(n, 'wrong-size') } })],
    ['labels', 20, (n: number) => withOptions({ labels: many(n) })],
    ['letters of a label', 63, (n: number) => withOptions({ labels: ['é'.repeat(n)] })],
    ['targets', 5, (n: number) => withOptions({ notify: many(n, to({}).notify[0]) })],
    ['letters of a secret’s name', 60, (n: number) => withOptions(to({ secretRef: 'x'.repeat(n) }))],
    ['letters of an address', 2048, (n: number) => withOptions(to({ url: 'https://a/'.padEnd(n, 'x') }))],
    ['ms', MAX_TIME_MS, (n: number) => withOptions({ deadlineMs: n })],
  ])('agree on the most %s: %i', (_, most, inputOf) => {
    expectTaken('image-batch-input', inputOf(most));
    expectSame('image-batch-input', inputOf(most + 1));
    expect(schemas['image-batch-input'](inputOf(most + 1))).not.toBe('');
  });

  test('agree on the longest name of a schedule', () => {
    const named = (count: number) => ({ schedule: 'x'.repeat(count), manifest: base.manifest });
    expectTaken('scheduled-batch-input', named(44));
    expectSame('scheduled-batch-input', named(45));
    expect(schemas['scheduled-batch-input'](named(45))).not.toBe('');
  });

  test.each([null, [], 'x', 5, true])('agree that %j is not an input', (sent) => {
    for (const name of Object.keys(readers) as Read[])
      if (sent !== null)
        expect(verdicts(name, sent)).toEqual({
          reader: expect.stringMatching(/./),
          schema: expect.stringMatching(/./),
        });
    expect(catchRefusal(() => readInput(sent, ''))).not.toBe('');
    expect(catchRefusal(() => readScheduledInput(sent))).not.toBe('');
  });
});

describe('the intended differences', () => {
  test.each([
    ['null counts as left out, as many languages write it', { ...base, options: null, retry: null }],
    ['null in options counts as left out too', withOptions({ maxCostUsd: null })],
  ])('the workflow accepts more: %s', (_, input) => {
    expect(verdicts('image-batch-input', input)).toEqual({ reader: '', schema: expect.stringMatching(/./) });
  });

  test.each([
    ['a manifest of another batch', { ...base, manifest: { ...base.manifest, uri: own('b') } }],
    ['a label with a sign beyond ASCII that is not a letter', withOptions({ labels: ['a🌸'] })],
    ['half a surrogate pair', withOptions({ store: 'a\uD800' })],
    [
      'an address with a password',
      withOptions({ notify: [{ url: 'https://u:p@a.example', secretRef: 's' }] }),
    ],
    [
      'an address that is not a URL',
      withOptions({ notify: [{ url: 'https://a.example:99999', secretRef: 's' }] }),
    ],
  ])('the schema cannot say: %s', (_, input) => {
    expect(verdicts('image-batch-input', input)).toEqual({ reader: expect.stringMatching(/./), schema: '' });
  });
});
