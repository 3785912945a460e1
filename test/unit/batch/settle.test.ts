import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countByRatio, countFlags, countOutcomes, summariseRounds } from '../../../src/batch/counts.ts';
import { buildFailedManifest } from '../../../src/batch/failed-manifest.ts';
import { planOutputs } from '../../../src/batch/plan.ts';
import { settle } from '../../../src/batch/settle.ts';
import type { Answer } from '../../../src/contract/record.ts';
import { FLAGS, REASONS } from '../../../src/contract/words.ts';
import { property } from '../../support/property.ts';
import { imageAnswer, imageFile, item, lostAnswer, manifest } from './builders.ts';

const one = manifest([item('hero', { metadata: { sku: 'B-204' } })]);
const settleOne = (...answers: Answer[]) => settle(planOutputs(one), answers, one)[0];

describe('a record', () => {
  it('has the image with its file, round, job and metadata', () => {
    const usage = { input: 1, text: 2, image: 3 };
    expect(settleOne(imageAnswer('hero#1', 'a', { usage, text: 'Here.' }))).toEqual({
      output: 'hero#1',
      key: 'hero',
      outcome: 'image',
      ...imageFile('a'),
      flags: [],
      text: 'Here.',
      round: 1,
      job: 'batches/one',
      usage,
      costUsd: 0.067,
      metadata: { sku: 'B-204' },
    });
  });

  it('keeps another image of the same round as an alternate, and flags the first', () => {
    const record = settleOne(
      imageAnswer('hero#1', 'a'),
      imageAnswer('hero#1', 'b'),
      imageAnswer('hero#1', 'b'),
    );
    expect(record).toMatchObject({ sha256: 'a', flags: ['duplicate-answer'], alternates: [imageFile('b')] });
  });

  it('keeps alternates in the order of their answers', () => {
    const images = ['a', 'c', 'b', 'c', 'a'].map((sha256) => imageAnswer('hero#1', sha256));
    expect(settleOne(...images)?.alternates).toEqual([imageFile('c'), imageFile('b')]);
  });

  it('keeps no alternate with the same bytes, and flags the duplicate answer', () => {
    const record = settleOne(imageAnswer('hero#1', 'a'), imageAnswer('hero#1', 'a'));
    expect(record).toMatchObject({ sha256: 'a', flags: ['duplicate-answer'], costUsd: 0.134 });
    expect(record).not.toHaveProperty('alternates');
  });

  it('is not flagged for answers of earlier rounds', () => {
    const record = settleOne(
      lostAnswer('hero#1', 'internal'),
      imageAnswer('hero#1', 'a', { round: 2, job: 'batches/two' }),
    );
    expect(record).toMatchObject({ outcome: 'image', flags: [], round: 2, job: 'batches/two' });
    expect(record).not.toHaveProperty('reason');
  });

  it('has the image without a flag when a later round made one', () => {
    const doubtful = imageAnswer('hero#1', 'a', { flags: ['wrong-ratio'] });
    const good = imageAnswer('hero#1', 'b', { round: 2 });
    expect(settleOne(doubtful, good)).toMatchObject({ sha256: 'b', flags: [], alternates: [imageFile('a')] });
    expect(settleOne(doubtful, { ...good, flags: ['wrong-size'] })).toMatchObject({
      sha256: 'a',
      flags: ['wrong-ratio'],
    });
  });

  it('without an image has the reason of the last round, whatever the order of the answers', () => {
    const late = lostAnswer('hero#1', 'image-safety', {
      outcome: 'refused',
      round: 2,
      message: 'No.',
      text: 'Sorry.',
      costUsd: 0.02,
    });
    expect(settleOne(late, lostAnswer('hero#1', 'internal', { costUsd: 0.01 }))).toEqual({
      output: 'hero#1',
      key: 'hero',
      outcome: 'refused',
      flags: [],
      reason: 'image-safety',
      message: 'No.',
      text: 'Sorry.',
      retryable: true,
      round: 2,
      job: 'batches/one',
      costUsd: 0.03,
      metadata: { sku: 'B-204' },
    });
  });

  it('has the outcome of its answer, also when a cancelled job did not answer it', () => {
    expect(settleOne(lostAnswer('hero#1', 'cancelled'))).toMatchObject({ outcome: 'failed' });
    const silent = lostAnswer('hero#1', 'cancelled', { outcome: 'missing' });
    expect(settleOne(silent)).toMatchObject({ outcome: 'missing', message: 'The request was cancelled.' });
  });

  it('without any answer is missing', () => {
    const record = settleOne(imageAnswer('other#1', 'a'));
    expect(record).toMatchObject({ outcome: 'missing', reason: 'no-answer', retryable: true, costUsd: 0 });
    expect(record).not.toHaveProperty('job');
  });
});

const batch = manifest(
  [
    item('hero', { count: 3, references: ['bottle', 'brand'], aspectRatio: '16:9', seed: 100 }),
    item('flat', { references: ['linen'] }),
    item('done'),
  ],
  { references: { bottle: ['sha256:b'], brand: ['sha256:c', 'https://x/y.png'], linen: ['sha256:d'] } },
);
const answers = [
  imageAnswer('hero#1', 'a', { flags: ['wrong-ratio'] }),
  lostAnswer('hero#2', 'internal'),
  lostAnswer('hero#2', 'spii', { round: 2, outcome: 'refused', costUsd: 0.001 }),
  imageAnswer('flat#1', 'f', { round: 2 }),
  imageAnswer('done#1', 'd', { flags: ['wrong-ratio', 'mime-mismatch'] }),
];
const records = settle(planOutputs(batch), answers, batch);

describe('the counts of a report', () => {
  it('are by outcome', () => {
    expect(countOutcomes(records)).toEqual({ total: 5, image: 3, refused: 1, failed: 0, missing: 1 });
  });

  it('are by ratio, auto when none was requested', () => {
    expect(countByRatio(records, batch)).toEqual({
      '16:9': { total: 3, image: 1, refused: 1, failed: 0, missing: 1 },
      auto: { total: 2, image: 2, refused: 0, failed: 0, missing: 0 },
    });
  });

  it('are by flag', () => {
    expect(countFlags(records)).toEqual({ 'wrong-ratio': 2, 'mime-mismatch': 1 });
  });

  it('are by round, with its cost', () => {
    expect(summariseRounds([...answers, lostAnswer('done#1', 'internal')])).toEqual([
      { round: 1, outputs: { total: 3, image: 2, refused: 0, failed: 1, missing: 0 }, costUsd: 0.134 },
      { round: 2, outputs: { total: 2, image: 1, refused: 1, failed: 0, missing: 0 }, costUsd: 0.068 },
    ]);
  });
});

describe('the manifest of what failed', () => {
  it('has the same keys with the missing counts, and only the references in use', () => {
    expect(buildFailedManifest(batch, records, 'autumn-1')).toEqual({
      ...batch,
      references: { bottle: ['sha256:b'], brand: ['sha256:c', 'https://x/y.png'] },
      items: [{ ...batch.items[0], count: 2, seed: 101 }],
      parent: 'autumn-1',
    });
  });

  it('is undefined when nothing failed', () => {
    const all = planOutputs(one).map(({ output }) => imageAnswer(output, 'a'));
    expect(buildFailedManifest(one, settle(planOutputs(one), all, one), 'x')).toBeUndefined();
  });
});

describe('any answers', () => {
  const anyItems = fc.uniqueArray(
    fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), count: fc.integer({ min: 1, max: 4 }) }),
    {
      selector: ({ key }) => key,
      minLength: 1,
    },
  );
  const anyAnswer: fc.Arbitrary<Answer> = fc
    .record({
      output: fc
        .tuple(fc.constantFrom('a', 'b', 'c', 'zz'), fc.integer({ min: 1, max: 5 }))
        .map(([key, n]) => `${key}#${n}`),
      flags: fc.subarray([...FLAGS]),
      reason: fc.option(fc.constantFrom(...REASONS), { nil: undefined }),
      sha: fc.constantFrom('1', '2', '3'),
      isImage: fc.boolean(),
      costUsd: fc.double({ min: 0, max: 1, noNaN: true }),
      round: fc.integer({ min: 1, max: 3 }),
    })
    .map(({ sha, isImage, reason, ...rest }) => ({
      ...rest,
      job: 'batches/x',
      ...(isImage
        ? { outcome: 'image', image: imageFile(sha) }
        : { outcome: 'failed', ...(reason && { reason }) }),
    }));

  property([anyItems, fc.array(anyAnswer, { maxLength: 30 })])(
    'give exactly one record per output, and lose no image',
    (rows, given) => {
      const wanted = manifest(rows.map(({ key, count }) => item(key, { count })));
      const plan = planOutputs(wanted);
      const settled = settle(plan, given, wanted);
      expect(settled.map((record) => record.output)).toEqual(plan.map((planned) => planned.output));
      for (const record of settled) {
        const own = given.filter((answer) => answer.output === record.output);
        const shas = new Set(own.flatMap((answer) => answer.image?.sha256 ?? []));
        const kept = [record, ...(record.alternates ?? [])].flatMap((file) => file.sha256 ?? []);
        expect([...kept].sort()).toEqual([...shas].sort());
        expect(record.outcome === 'image').toBe(shas.size > 0);
        expect(record.reason === undefined).toBe(shas.size > 0);
        expect(record.costUsd).toBeCloseTo(
          own.reduce((sum, answer) => sum + answer.costUsd, 0),
          5,
        );
      }

      const failed = buildFailedManifest(wanted, settled, 'parent');
      const again = failed ? planOutputs(failed).length : 0;
      expect(again + countOutcomes(settled).image).toBe(plan.length);
    },
  );
});
