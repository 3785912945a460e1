import * as fc from 'fast-check';
import { isBatchId, isLabel, isWebhookUrl, MAX_TIME_MS } from '../../../src/contract/index.ts';

/* Valid and invalid inputs of the workflows. */

/** Values for any field: valid, slightly wrong or altogether wrong. Not null: see the end of agree.test.ts. */
const strange = fc.oneof(
  fc.constantFrom(
    '',
    'x',
    '1',
    'none',
    'null',
    'con',
    'x'.repeat(3000),
    'a\n',
    ' a',
    '__proto__',
    'whsec_abc',
    'lpt1',
    'é',
  ),
  fc.constantFrom(-1, 0, 1, 1.5, 2.5, 10, 11, 999, 1000, MAX_TIME_MS, MAX_TIME_MS + 1, 1e300, -0),
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

const times = fc.constantFrom(1000, 1001, 30_000, MAX_TIME_MS);
export const amounts = fc.double({ min: 0, max: 1e6, noNaN: true });
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
  store: fc.string({ minLength: 1, maxLength: 200 }),
  endpoint: fc.webUrl().filter(isWebhookUrl),
  labels: fc.array(labels, { maxLength: 20 }),
  maxCostUsd: amounts,
  approveAboveUsd: amounts,
  maxRounds: fc.integer({ min: 1, max: 10 }),
  deadlineMs: times,
  onUnknownSubmit: fc.constantFrom('reconcile', 'park'),
  notify: fc.array(fc.record(target), { maxLength: 5 }),
  checkIntervalMs: times,
  maxCheckIntervalMs: times,
  submitWindowMs: times,
};
const RETRY: Fields = {
  id: fc.stringMatching(/^[A-Za-z0-9_-]{1,60}$/),
  uri: fc.string({ minLength: 1 }),
  keys: fc.array(fc.string({ minLength: 1 }), { maxLength: 200 }),
  outcomes: fc.array(outcomes, { maxLength: 4 }),
  flags: fc.array(flags, { maxLength: 5 }),
};

/** Good ones, with the fields that must be there and any of the others. */
export const good = (fields: Fields, needed: string[] = []) => fc.record(fields, { requiredKeys: needed });

/** Any field left out, strange or unknown. */
export function spoilt(fields: Fields, deeper: Fields = {}) {
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

const buildManifest = (uri: string) => fc.record({ uri: fc.constant(uri), sha256 });
export const own = (batchId: string) => `batches/${batchId}/manifest.json`;

export const goodInputs = ids.chain((batchId) =>
  good(
    {
      batchId: fc.constant(batchId),
      manifest: buildManifest(own(batchId)),
      options: good(OPTIONS),
      retry: good(RETRY, ['id']),
    },
    ['batchId'],
  ),
);
const spoiltTargets = fc.array(spoilt(target), { maxLength: 6 });
const spoiltLists = { labels: fc.array(fc.oneof(labels, strange), { maxLength: 25 }), notify: spoiltTargets };
const spoiltManifest = (uri: fc.Arbitrary<unknown>) => spoilt({ uri, sha256 });
export const spoiltInputs = ids.chain((batchId) =>
  spoilt(
    {
      batchId: fc.constant(batchId),
      manifest: buildManifest(own(batchId)),
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

/** All good but for one field: what is wrong with it is hidden by nothing else. */
const oneWrong = (fields: Fields, needed: string[] = []) =>
  fc
    .tuple(good(fields, needed), fc.constantFrom(...Object.keys(fields)), strange)
    .map(([all, name, wrong]) => ({ ...all, [name]: wrong }));
export const onceWrongInputs = fc.oneof(
  fc.record({ batchId: ids, options: oneWrong(OPTIONS) }),
  fc.record({ batchId: ids, retry: oneWrong(RETRY, ['id']) }),
  fc.record({ batchId: ids, options: fc.record({ notify: fc.array(oneWrong(target), { minLength: 1 }) }) }),
);

/** That a manifest is another batch's is more than a schema can see. */
export function isOfItself(sent: unknown): boolean {
  const { batchId, manifest } = sent as { batchId?: unknown; manifest?: { uri?: unknown } };
  const { uri } = manifest ?? {};
  return (
    typeof uri !== 'string' ||
    !/^batches\/[a-z0-9-]+\/manifest\.json$/.test(uri) ||
    (typeof batchId === 'string' && uri === own(batchId))
  );
}

const names = ids.filter((id) => id.length <= 44);
export const SCHEDULED: Fields = {
  schedule: names,
  manifest: fc.record({ uri: fc.string({ minLength: 1 }), sha256 }),
  options: good(OPTIONS),
};
export const spoiltScheduled = spoilt(
  { ...SCHEDULED, schedule: fc.oneof(ids, names) },
  { manifest: spoiltManifest(fc.string()), options: spoilt(OPTIONS, spoiltLists) },
);

export const jobs = fc.oneof(fc.constant('none'), fc.stringMatching(/^batches\/[A-Za-z0-9_-]{1,110}$/));
