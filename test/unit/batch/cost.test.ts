import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actualUsd, estimate, worstCaseUsd } from '../../../src/batch/cost.ts';
import { IMAGE_SIZES, MODELS } from '../../../src/batch/models.ts';
import { formatUsd, roundUsd, sumUsd } from '../../../src/batch/money.ts';
import { planOutputs } from '../../../src/batch/plan.ts';
import { estimateTextTokens, maxTextTokens } from '../../../src/batch/tokens.ts';
import { property } from '../../support/property.ts';
import { item, manifest } from './builders.ts';

const references = { bottle: ['sha256:a' as const], brand: ['sha256:b' as const, 'sha256:c' as const] };
const batch = manifest(
  [
    item('hero', {
      prompt: 'x'.repeat(400),
      systemInstruction: 'y'.repeat(40),
      references: ['bottle', 'brand'],
      count: 10,
    }),
    item('big', { prompt: 'xxxx', imageSize: '4K' }),
  ],
  { references },
);

describe('an estimate', () => {
  it('counts the tokens of prompts, references and images at half of the interactive price', () => {
    const inputTokens = 10 * (100 + 10 + 3 * 560) + 1;
    const imageTokens = 10 * 1120 + 2000;
    const interactiveUsd = (inputTokens * 2 + imageTokens * 120) / 1e6;
    const price = estimate(batch).price;
    expect(estimate(batch)).toMatchObject({ outputs: 11, inputTokens, imageTokens });
    expect(price?.interactiveUsd).toBeCloseTo(interactiveUsd, 10);
    expect(price?.batchUsd).toBeCloseTo(interactiveUsd / 2, 10);
    expect(price?.savingUsd).toBeCloseTo(interactiveUsd / 2, 10);
  });

  it('counts only the given outputs', () => {
    const last = planOutputs(batch).slice(-1);
    expect(estimate(batch, last)).toMatchObject({ outputs: 1, inputTokens: 1, imageTokens: 2000 });
  });

  it('has no price, instead of 0, for a model without a row', () => {
    const unknown = { ...batch, model: 'gemini-9-image' };
    expect(estimate(unknown)).toEqual({ outputs: 11, inputTokens: 10 * (110 + 3 * 1120) + 1 });
    expect(worstCaseUsd(unknown, planOutputs(unknown))).toBeUndefined();
    expect(actualUsd('gemini-9-image', { input: 1, text: 1, image: 1 })).toBeUndefined();
  });

  it('counts a size without a row as the most expensive one', () => {
    expect(estimate(manifest([item('a', { imageSize: '512' })])).imageTokens).toBe(2000);
  });
});

describe('the actual cost', () => {
  it('is half of the interactive price, for text and thoughts as for images', () => {
    expect(actualUsd('gemini-3-pro-image', { input: 1e6, text: 0, image: 0 })).toBe(1);
    expect(actualUsd('gemini-3-pro-image', { input: 0, text: 1e6, image: 0 })).toBe(6);
    expect(actualUsd('models/gemini-3-pro-image', { input: 0, text: 0, image: 1e6 })).toBe(60);
  });
});

describe('the worst case of a round', () => {
  const anyItem = fc.record({
    prompt: fc.string({ unit: 'binary', maxLength: 300 }),
    imageSize: fc.constantFrom(...IMAGE_SIZES),
    count: fc.integer({ min: 1, max: 9 }),
  });

  property([fc.array(anyItem, { maxLength: 5 }), fc.constantFrom(...MODELS.map((model) => model.id))])(
    'is never below the estimate, and neither is below zero',
    (rows, model) => {
      const wanted = manifest(
        rows.map((row, at) => item(`k${at}`, row)),
        { model },
      );
      const plan = planOutputs(wanted);
      const worst = worstCaseUsd(wanted, plan) ?? Number.NaN;
      const price = estimate(wanted).price?.batchUsd ?? Number.NaN;
      expect(price).toBeGreaterThanOrEqual(0);
      expect(worst).toBeGreaterThanOrEqual(price);
      expect(Number.isFinite(worst)).toBe(true);
    },
  );

  it('covers a prompt with one token for every byte', () => {
    const dense = manifest([item('a', { prompt: '夜'.repeat(10_000) })]);
    const used = { input: 30_000, text: 0, image: 1120 };
    expect(worstCaseUsd(dense, planOutputs(dense))).toBeGreaterThan(
      actualUsd(dense.model, used) ?? Number.NaN,
    );
  });

  it('covers as much thinking as users have reported', () => {
    const plan = planOutputs(batch);
    const thought = { input: estimate(batch).inputTokens, text: 11 * 1120, image: 10 * 1120 + 2000 };
    expect(worstCaseUsd(batch, plan)).toBeGreaterThan(actualUsd(batch.model, thought) ?? Number.NaN);
  });
});

describe('the tokens of a text', () => {
  it.each([
    ['', 0, 0],
    ['four', 1, 4],
    ['fours', 2, 5],
    ['夜明けの瓶', 5, 15],
    ['瓶 and slate', 4, 13],
    ['😀😀😀😀', 1, 16],
  ])('%j are about %d and at most %d', (text, about, most) => {
    expect(estimateTextTokens(text)).toBe(about);
    expect(maxTextTokens(text)).toBe(most);
  });
});

describe('money', () => {
  it('is written with six decimals', () => {
    expect(roundUsd(0.1 + 0.2)).toBe(0.3);
    expect(roundUsd(0.0000014)).toBe(0.000001);
    expect(sumUsd(Array.from({ length: 10 }, () => 0.1))).toBe(1);
  });

  it('is shown with cents, and small amounts with two more digits', () => {
    expect([0, 0.0336, 0.1, 33.6].map(formatUsd)).toEqual([
      '0.00 USD',
      '0.0336 USD',
      '0.10 USD',
      '33.60 USD',
    ]);
  });
});
