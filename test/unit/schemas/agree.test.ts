import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import {
  type ImageBatchInput,
  isBatchId,
  isLabel,
  isWebhookUrl,
  type ScheduledBatchInput,
  workflowIdOf,
} from '../../../src/contract/index.ts';
import { checkAdoption, checkApproval, checkBudget } from '../../../src/workflows/check-messages.ts';
import { readInput } from '../../../src/workflows/input.ts';
import { readOptions } from '../../../src/workflows/options.ts';
import { readScheduled } from '../../../src/workflows/scheduled-input.ts';
import { checkerOf } from '../../support/contract.ts';

/*
 * The workflow reads its input with code of its own, for zod is too heavy for it. What it takes and what the published schemas
 * take is the same, but for the differences at the end.
 */

const RUNS = { numRuns: 2000 };

/** What a reader says of a value: nothing where it takes it, and never anything but a refusal in our words. */
function refusalOf(read: () => unknown): string {
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
    const input = readInput(sent as ImageBatchInput, idOf(sent));
    readOptions(input.options);
  },
  'scheduled-batch-input': (sent: unknown) => readScheduled(sent as ScheduledBatchInput),
  approve: (sent: unknown) => checkApproval(sent as object),
  'set-budget': (sent: unknown) => checkBudget(sent as never),
  adopt: (sent: unknown) => checkAdoption(sent as never),
};
type Read = keyof typeof readers;

/** Whose workflow it is, is no matter of the schema. */
function idOf(sent: unknown): string {
  const { batchId } = (sent ?? {}) as { batchId?: unknown };
  return typeof batchId === 'string' ? workflowIdOf(batchId) : '';
}

const schemas = Object.fromEntries(
  await Promise.all(
    (Object.keys(readers) as Read[]).map(async (name) => [name, await checkerOf(name)] as const),
  ),
) as Record<Read, (value: unknown) => string>;

const verdicts = (name: Read, value: unknown) => ({
  reader: refusalOf(() => readers[name](value)),
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

/** What may stand in a field: good, or wrong by a little or altogether. Neither null nor fractions: see the end. */
const strange = fc.oneof(
  fc.constantFrom('', 'x', '1', 'none', 'null', 'con', 'x'.repeat(3000), 'a\n', ' a', '__proto__'),
  fc.constantFrom(-1, 0, 1, 31_536_000_000, 31_536_000_001, 1e300, -0),
  fc.boolean(),
  fc.constantFrom(
    [],
    {},
    [[]],
    [{}],
    ['x'],
    [null],
    [1],
    Array(300).fill('hero'),
    { id: 'a' },
    { length: 1 },
  ),
);

const times = fc.constantFrom(0, 1, 30_000, 31_536_000_000);
const amounts = fc.double({ min: 0, max: 1e6, noNaN: true });
const ids = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/).filter(isBatchId);
const labels = fc.oneof(
  fc.constantFrom('autumn', 'team:web', 'été', '目录', 'a/b=c@d.e_f-g', 'x'.repeat(63)),
  fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 63 }).filter(isLabel),
);
const urls = fc.oneof(
  fc.constantFrom('https://shop.example/hooks', 'HTTP://127.0.0.1:9000', 'https://ä.example/?a=b'),
  fc.webUrl({ withQueryParameters: true }).filter(isWebhookUrl),
);
const target = { url: urls, secretRef: fc.stringMatching(/^[A-Za-z0-9_-]{1,50}$/) };
const sha256 = fc.stringMatching(/^[0-9a-f]{64}$/);
const outcomes = fc.constantFrom('image', 'refused', 'failed', 'missing');
const flags = fc.constantFrom(
  'wrong-ratio',
  'wrong-size',
  'interim-only',
  'duplicate-answer',
  'mime-mismatch',
);

type Fields = Record<string, fc.Arbitrary<unknown>>;

const OPTIONS: Fields = {
  store: fc.string(),
  endpoint: fc.webUrl(),
  labels: fc.array(labels, { maxLength: 20 }),
  maxCostUsd: amounts,
  approveAboveUsd: amounts,
  maxRounds: fc.nat(),
  deadlineMs: times,
  onUnknownSubmit: fc.constantFrom('reconcile', 'park'),
  notify: fc.array(fc.record(target), { maxLength: 5 }),
  checkIntervalMs: times,
  maxCheckIntervalMs: times,
  submitWindowMs: times,
};
const RETRY: Fields = {
  id: fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/),
  uri: fc.string(),
  keys: fc.array(fc.string(), { maxLength: 200 }),
  outcomes: fc.array(outcomes, { maxLength: 4 }),
  flags: fc.array(flags, { maxLength: 5 }),
};

/** Good ones, with the fields that must be there and any of the others. */
const good = (fields: Fields, needed: string[] = []) => fc.record(fields, { requiredKeys: needed });

/** Any field left out, strange or unknown. */
function spoilt(fields: Fields, deeper: Fields = {}) {
  const each = Object.entries(fields).map(
    ([name, field]) =>
      [name, fc.oneof({ weight: 8, arbitrary: field }, deeper[name] ?? field, strange)] as const,
  );
  const known = fc.record(Object.fromEntries(each), { requiredKeys: [] });
  const unknown = fc.dictionary(fc.constantFrom('maxcostusd', 'url', 'constructor', 'x', ''), strange, {
    maxKeys: 1,
  });
  const mixed = fc.tuple(known, fc.oneof({ weight: 6, arbitrary: fc.constant({}) }, unknown));
  return fc.oneof({ weight: 10, arbitrary: mixed.map(([one, more]) => ({ ...one, ...more })) }, strange);
}

const manifestOf = (uri: string) => fc.record({ uri: fc.constant(uri), sha256 });
const own = (batchId: string) => `batches/${batchId}/manifest.json`;

const goodInputs = ids.chain((batchId) =>
  good(
    {
      batchId: fc.constant(batchId),
      manifest: manifestOf(own(batchId)),
      options: good(OPTIONS),
      retry: good(RETRY, ['id']),
    },
    ['batchId'],
  ),
);
const spoiltTargets = fc.array(spoilt(target), { maxLength: 6 });
const spoiltLists = { labels: fc.array(fc.oneof(labels, strange), { maxLength: 25 }), notify: spoiltTargets };
const spoiltManifest = (uri: fc.Arbitrary<unknown>) => spoilt({ uri, sha256 });
const spoiltInputs = ids.chain((batchId) =>
  spoilt(
    {
      batchId: fc.constant(batchId),
      manifest: manifestOf(own(batchId)),
      options: good(OPTIONS),
      retry: good(RETRY, ['id']),
    },
    {
      manifest: spoiltManifest(fc.constantFrom(own(batchId), 'manifest.json', '../x', own(''))),
      options: spoilt(OPTIONS, spoiltLists),
      retry: spoilt(RETRY),
    },
  ),
);

/** That a manifest is another batch's is more than a schema can see. */
function isOfItself(sent: unknown): boolean {
  const { batchId, manifest } = sent as { batchId?: unknown; manifest?: { uri?: unknown } };
  const { uri } = manifest ?? {};
  return (
    typeof uri !== 'string' ||
    !/^batches\/[a-z0-9-]+\/manifest\.json$/.test(uri) ||
    (typeof batchId === 'string' && uri === own(batchId))
  );
}

const names = ids.filter((id) => id.length <= 44);
const SCHEDULED: Fields = {
  schedule: names,
  manifest: fc.record({ uri: fc.string(), sha256 }),
  options: good(OPTIONS),
};
const spoiltScheduled = spoilt(
  { ...SCHEDULED, schedule: fc.oneof(ids, names) },
  { manifest: spoiltManifest(fc.string()), options: spoilt(OPTIONS, spoiltLists) },
);

const jobs = fc.oneof(fc.constant('none'), fc.stringMatching(/^batches\/[A-Za-z0-9_-]{1,110}$/));

describe('reader and schema', () => {
  property.prop([goodInputs], RUNS)('take every good input of imageBatch', (input) =>
    expectTaken('image-batch-input', input),
  );
  property.prop([spoiltInputs.filter(isOfItself)], RUNS)('agree on a spoilt one', (input) =>
    expectSame('image-batch-input', input),
  );
  property.prop([good(SCHEDULED, ['schedule', 'manifest'])], RUNS)(
    'take every good input of scheduledBatch',
    (input) => expectTaken('scheduled-batch-input', input),
  );
  property.prop([spoiltScheduled], RUNS)('agree on a spoilt one of it', (input) =>
    expectSame('scheduled-batch-input', input),
  );
  property.prop([spoilt({ approved: fc.boolean() })], RUNS)('agree on an approval', (sent) =>
    expectSame('approve', sent),
  );
  property.prop([spoilt({ maxCostUsd: amounts })], RUNS)('agree on a budget', (sent) =>
    expectSame('set-budget', sent),
  );
  property.prop([spoilt({ job: jobs })], RUNS)('agree on an adoption', (sent) => expectSame('adopt', sent));

  test.each([null, [], 'x', 5, true])('agree that %j is no input', (sent) => {
    for (const name of Object.keys(readers) as Read[])
      if (sent !== null)
        expect(verdicts(name, sent)).toEqual({
          reader: expect.stringMatching(/./),
          schema: expect.stringMatching(/./),
        });
    expect(refusalOf(() => readInput(sent as never, ''))).not.toBe('');
    expect(refusalOf(() => readScheduled(sent as never))).not.toBe('');
  });
});

const base = { batchId: 'a', manifest: { uri: own('a'), sha256: '0'.repeat(64) } };
const withOptions = (options: object) => ({ ...base, options });

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
