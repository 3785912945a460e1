import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MAX_TIME_MS } from '../../../src/contract/index.ts';
import { property } from '../../support/property.ts';
import { samples } from '../../support/samples.ts';
import { openEntrances, type Refusal } from './entrances.ts';

let folder: string;
let opened: Awaited<ReturnType<typeof openEntrances>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hummingbatch-entrances-'));
  opened = await openEntrances(join(folder, 'store'));
});
afterAll(async () => {
  await opened.close();
  await rm(folder, { recursive: true, force: true });
});

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const anyValue = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    'x',
    '10',
    'autumn',
    ' a',
    'a\n',
    '__proto__',
    '0x10',
    '1e400',
    '-',
    '5s ',
    'é',
  ),
  fc.constantFrom<unknown>(-1, 0, 0.5, 1, 2.5, 10, 11, 999, 1000, MAX_TIME_MS, MAX_TIME_MS + 1, 1e300),
  fc.constantFrom<unknown>(
    true,
    false,
    [],
    {},
    [[]],
    ['x', 'team:web'],
    [1],
    [null],
    [''],
    Array(21).fill('a'),
  ),
  fc.string(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const time = fc.oneof(
  fc.integer({ min: -5, max: 5000 }),
  fc.integer({ min: MAX_TIME_MS - 5, max: MAX_TIME_MS + 5 }),
);
const amount = fc.oneof(fc.double({ min: -1, max: 100, noNaN: true }), fc.constantFrom(0, -0.01, 1e15));
const duration = fc
  .tuple(
    fc.oneof(fc.nat(900), fc.constantFrom(0, 719, 720, 721, 43_200, 43_201, 999_999)),
    fc.constantFrom('s', 'm', 'h', '', 'd'),
  )
  .map(([count, unit]) => `${count}${unit}`);
const target = fc.record(
  {
    url: fc.oneof(
      fc.webUrl(),
      fc.constantFrom<unknown>(
        'https://u:p@a.example',
        'ftp://a.example',
        'https:a.example',
        5,
        `https://a/${'x'.repeat(2048)}`,
      ),
    ),
    secretRef: fc.constantFrom<unknown>('shop', 'a b', '', SECRET, 5, 'x'.repeat(61)),
    [SECRET]: fc.constant(1),
  },
  { requiredKeys: [] },
);

/** Labels of so many letters in all, each of two bytes. */
function toLongLabels(letters: number): string[] {
  return Array.from({ length: Math.ceil(letters / 60) }, (_, n) =>
    'я'.repeat(Math.min(60, letters - n * 60)),
  );
}

/** Values near the limits of each option. */
const OPTIONS: Record<string, fc.Arbitrary<unknown>> = {
  labels: fc.oneof(
    fc.integer({ min: 890, max: 910 }).map(toLongLabels),
    fc.array(
      fc.oneof(
        fc.constantFrom<unknown>('autumn', 'team:web', 'été', 'x'.repeat(63), 'x'.repeat(64), 'a b', '-a', 5),
      ),
      { maxLength: 22 },
    ),
  ),
  maxCostUsd: amount,
  approveAboveUsd: amount,
  maxRounds: fc.oneof(fc.integer({ min: -1, max: 12 }), fc.double({ min: 0, max: 12, noNaN: true })),
  deadline: duration,
  onUnknownSubmit: fc.constantFrom('reconcile', 'park', 'Park', 'parks'),
  notify: fc.array(target, { maxLength: 6 }),
  store: fc.string({ maxLength: 210 }),
  endpoint: fc.oneof(fc.webUrl(), fc.constantFrom('https://u:p@a.example', 'a.example')),
  checkIntervalMs: time,
  maxCheckIntervalMs: time,
  submitWindowMs: time,
};

/** The answers of all entrances that can express the value. */
async function askAll(option: string, value: unknown): Promise<Record<string, Refusal[]>> {
  const answers: Record<string, Refusal[]> = {};
  for (const [name, entrance] of Object.entries(opened.entrances)) {
    const asked = entrance(option, value);
    if (asked !== undefined) answers[name] = await asked;
  }
  return answers;
}

describe.each(Object.entries(OPTIONS))('the option %s', (option, values) => {
  property([fc.oneof({ weight: 3, arbitrary: values }, anyValue)], samples(15, 1000))(
    'is accepted by all entrances or refused by all with one code and one sentence',
    async (value) => {
      const answers = await askAll(option, value);
      const [refusal] = answers['plain start of imageBatch'] ?? [];
      for (const [name, answer] of Object.entries(answers))
        expect({ [name]: answer }).toEqual({ [name]: refusal ? expect.arrayContaining([refusal]) : [] });
      for (const { code, message } of Object.values(answers).flat()) {
        expect(code).toBe('usage');
        expect(message).not.toContain(SECRET);
        expect(message.length).toBeLessThan(400);
        expect(message).not.toMatch(/\p{Surrogate}/u);
      }
    },
  );
});

test.each([
  ['maxRounds', 3, ''],
  ['maxRounds', 11, 'maxRounds must be a whole number from 1 to 10.'],
  ['maxRounds', 2.5, 'maxRounds must be a whole number from 1 to 10.'],
  ['maxCostUsd', -1, 'maxCostUsd must be an amount in USD, 0 or more.'],
  ['labels', ['a b'], /^labels\[0\] must be 1 to 63 letters or digits/],
  ['labels', toLongLabels(900), ''],
  ['labels', toLongLabels(901), /of at most 1800 bytes in all/],
  ['labels', 'autumn', 'labels must be a list of at most 20 labels, of at most 1800 bytes in all (UTF-8).'],
  ['deadline', '721h', /^deadline must be a time from 1s to 720h/],
  ['onUnknownSubmit', 'wait', 'onUnknownSubmit must be one of reconcile, park.'],
  [
    'notify',
    [{ url: 'https://a.example' }],
    /^notify\[0\]\.secretRef is missing: it must be the name of a secret/,
  ],
  [
    'notify',
    [{ url: 'https://u:p@a.example', secretRef: 's' }],
    /^notify\[0\]\.url must be an http or https URL/,
  ],
  [
    'notify',
    [{ url: 'https://a.example', secretRef: 's', [SECRET]: 1 }],
    /^notify\[0\] must be an object with url and secretRef/,
  ],
])('%s %j: %s on every entrance that has it', async (option, value, expected) => {
  const answers = await askAll(option, value);
  expect(Object.keys(answers).length).toBeGreaterThanOrEqual(
    option === 'notify' || value === 'autumn' ? 8 : 9,
  );
  const refusal = {
    code: 'usage',
    message: typeof expected === 'string' ? expected : expect.stringMatching(expected),
  };
  for (const answer of Object.values(answers)) expect(answer).toEqual(expected === '' ? [] : [refusal]);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  '%s is refused before JSON makes null of it',
  async (value) => {
    const asked = opened.entrances['client startBatch']('maxCostUsd', value);
    expect(await asked).toEqual([
      {
        code: 'usage',
        message: 'maxCostUsd must be an amount in USD, 0 or more.',
      },
    ]);
  },
);

test.each([
  ['client startBatch', 'maxCost'],
  ['client schedules.create', 'maxCost'],
  ['plain start of imageBatch', 'maxCost'],
  ['plain start of scheduledBatch', 'constructor'],
] as const)('the entrance %s refuses the unknown option %s', async (entrance, option) => {
  expect(await opened.entrances[entrance](option, 5)).toEqual([
    {
      code: 'usage',
      message: `"${option}" is not a known field in the options.`,
    },
  ]);
});

test('a manifest refuses an unknown option with the same sentence, and says where it is', async () => {
  const { parseManifest } = await import('../../../src/manifest/index.ts');
  const content = 'name: a\nmodel: nano-banana-pro\nitems: [{ key: a, prompt: x }]\nrun: { maxCost: 5 }\n';
  expect(parseManifest(content, { file: 'm.yaml', format: 'yaml' })).toMatchObject({
    problems: [
      {
        code: 'usage',
        message: '"maxCost" is not a known field in the options.',
        line: 4,
        column: 8,
        fix: 'Did you mean "maxCostUsd"?',
      },
    ],
  });
});

describe('null counts as left out', () => {
  test.each(['plain start of imageBatch', 'plain start of scheduledBatch', 'client startBatch'] as const)(
    'in the options of the entrance: %s',
    async (entrance) => expect(await opened.entrances[entrance]('maxRounds', null)).toEqual([]),
  );
});

describe('a message over HTTP and by the client', () => {
  test.each([
    ['set-budget', { maxCostUsd: 'much' }, 'maxCostUsd must be an amount in USD, 0 or more.'],
    ['set-budget', {}, 'maxCostUsd is missing: it must be an amount in USD, 0 or more.'],
    ['set-budget', { maxCostUsd: 5, currency: 'EUR' }, '"currency" is not a known field in the budget.'],
    ['adopt', { job: 'jobs/1' }, 'job must be `batches/…`, the name of a job at Google, or `none`.'],
    ['approve', { approved: 'false' }, 'approved must be true or false.'],
    ['approve', { aproved: false }, '"aproved" is not a known field in the approval.'],
    ['retry', { outcomes: ['lost'] }, 'outcomes[0] must be one of image, refused, failed, missing.'],
  ])('%s %j is refused: %s', async (operation, body, message) => {
    const answer = await opened.app.inject({
      method: 'POST',
      url: `/v1/batches/a/${operation}`,
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify(body),
    });
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({ code: 'usage', detail: message });
  });

  test('has the same sentences in the client', async () => {
    const batch = opened.hummingbatch.batch('a');
    const refused = (message: string) => ({ code: 'usage', message });
    await expect(batch.setBudget(Number.NaN)).rejects.toMatchObject(
      refused('maxCostUsd must be an amount in USD, 0 or more.'),
    );
    await expect(batch.adopt('jobs/1')).rejects.toMatchObject(
      refused('job must be `batches/…`, the name of a job at Google, or `none`.'),
    );
    await expect(batch.approve('false' as never)).rejects.toMatchObject(
      refused('approved must be true or false.'),
    );
    await expect(batch.retry({ outcomes: ['lost' as never] })).rejects.toMatchObject(
      refused('outcomes[0] must be one of image, refused, failed, missing.'),
    );
  });
});
