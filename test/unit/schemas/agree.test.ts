import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ImageBatchInput, type ScheduledBatchInput, toWorkflowId } from '../../../src/contract/index.ts';
import { checkAdoption, checkApproval, checkBudget } from '../../../src/workflows/check-messages.ts';
import { readInput } from '../../../src/workflows/input.ts';
import { readOptions } from '../../../src/workflows/options.ts';
import { readScheduled } from '../../../src/workflows/scheduled-input.ts';
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
 * The workflow reads its input with code of its own, for zod is too heavy for it. What it takes and what the published schemas
 * take is the same, but for the differences at the end.
 */

const RUNS = samples(200, 2000);

/** What a reader says of a value: nothing where it takes it, and never anything but a refusal in our words. */
function catchRefusal(read: () => unknown): string {
  try {
    read();
    return '';
  } catch (error) {
    const { type, message } = error as { type?: string; message: string };
    if (type !== 'usage') throw error;
    return message;
  }
}

/** As Temporal hands it over: parsed from JSON. */
const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const readers = {
  'image-batch-input': (sent: unknown) => {
    const input = readInput(sent as ImageBatchInput, toId(sent));
    readOptions(input.options);
  },
  'scheduled-batch-input': (sent: unknown) => readScheduled(sent as ScheduledBatchInput),
  approve: (sent: unknown) => checkApproval(sent as object),
  'set-budget': (sent: unknown) => checkBudget(sent as never),
  adopt: (sent: unknown) => checkAdoption(sent as never),
};
type Read = keyof typeof readers;

/** Whose workflow it is, is no matter of the schema. */
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
  const shown = `${JSON.stringify(value)}\nthe reader: ${reader || 'takes it'}\nthe schema: ${schema || 'takes it'}`;
  expect(reader === '', shown).toBe(schema === '');
}

function expectTaken(name: Read, sent: unknown): void {
  expect(verdicts(name, asSent(sent))).toEqual({ reader: '', schema: '' });
}

const base = { batchId: 'a', manifest: { uri: own('a'), sha256: '0'.repeat(64) } };
const withOptions = (options: object) => ({ ...base, options });

describe('reader and schema', () => {
  property([goodInputs], RUNS)('take every good input of imageBatch', (input) =>
    expectTaken('image-batch-input', input),
  );
  property([spoiltInputs.filter(isOfItself)], RUNS)('agree on a spoilt one', (input) =>
    expectSame('image-batch-input', input),
  );
  property([onceWrongInputs], RUNS)('agree on one with one thing wrong', (input) =>
    expectSame('image-batch-input', input),
  );
  property([good(SCHEDULED, ['schedule', 'manifest'])], RUNS)(
    'take every good input of scheduledBatch',
    (input) => expectTaken('scheduled-batch-input', input),
  );
  property([spoiltScheduled], RUNS)('agree on a spoilt one of it', (input) =>
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
    ['keys of a retry', 200, (n: number) => ({ ...base, retry: { id: 'x', keys: many(n) } })],
    ['outcomes', 4, (n: number) => ({ ...base, retry: { id: 'x', outcomes: many(n, 'failed') } })],
    ['flags', 5, (n: number) => ({ ...base, retry: { id: 'x', flags: many(n, 'wrong-size') } })],
    ['labels', 20, (n: number) => withOptions({ labels: many(n) })],
    ['letters of a label', 63, (n: number) => withOptions({ labels: ['é'.repeat(n)] })],
    ['targets', 5, (n: number) => withOptions({ notify: many(n, to({}).notify[0]) })],
    ['letters of a secret’s name', 60, (n: number) => withOptions(to({ secretRef: 'x'.repeat(n) }))],
    ['letters of an address', 2048, (n: number) => withOptions(to({ url: 'https://a/'.padEnd(n, 'x') }))],
    ['ms', 31_536_000_000, (n: number) => withOptions({ deadlineMs: n })],
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

  test.each([null, [], 'x', 5, true])('agree that %j is no input', (sent) => {
    for (const name of Object.keys(readers) as Read[])
      if (sent !== null)
        expect(verdicts(name, sent)).toEqual({
          reader: expect.stringMatching(/./),
          schema: expect.stringMatching(/./),
        });
    expect(catchRefusal(() => readInput(sent as never, ''))).not.toBe('');
    expect(catchRefusal(() => readScheduled(sent as never))).not.toBe('');
  });
});

describe('they differ on purpose', () => {
  test.each([
    ['null counts as left out, as many languages write it', { ...base, options: null, retry: null }],
    ['in options too', withOptions({ maxCostUsd: null })],
    ['a fraction of a millisecond is a time', withOptions({ checkIntervalMs: 1.5 })],
    ['and one of a round is rounds', withOptions({ maxRounds: 2.5 })],
  ])('the workflow takes more: %s', (_, input) => {
    expect(verdicts('image-batch-input', input)).toEqual({ reader: '', schema: expect.stringMatching(/./) });
  });

  test.each([
    ['a manifest of another batch', { ...base, manifest: { ...base.manifest, uri: own('b') } }],
    ['labels of what is no letter, beyond ASCII', withOptions({ labels: ['a🌸'] })],
    [
      'an address with a password',
      withOptions({ notify: [{ url: 'https://u:p@a.example', secretRef: 's' }] }),
    ],
    [
      'an address that is none',
      withOptions({ notify: [{ url: 'https://a.example:99999', secretRef: 's' }] }),
    ],
  ])('the schema cannot say: %s', (_, input) => {
    expect(verdicts('image-batch-input', input)).toEqual({ reader: expect.stringMatching(/./), schema: '' });
  });
});
