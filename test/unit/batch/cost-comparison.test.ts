import { describe, expect, it } from 'vitest';
import { compareCosts } from '../../../src/batch/cost-comparison.ts';

const HOUR = 3_600_000;
const price = { batchUsd: 33.6, interactiveUsd: 67.2, savingUsd: 33.6 };
const many = { outputs: 500, inputTokens: 1, imageTokens: 1, price };

describe('the cost comparison', () => {
  it('advises a batch for many outputs, with both prices and both waits', () => {
    const costs = compareCosts(many);
    expect(costs).toMatchObject({
      outputs: 500,
      price,
      usualWaitMs: 24 * HOUR,
      maxWaitMs: 48 * HOUR,
      advice: 'batch',
    });
    expect(costs.sentences).toEqual([
      'As a batch 33.60 USD, interactive 67.20 USD: the batch saves 33.60 USD.',
      'Google aims at 24 hours and is usually faster; after 48 hours a job expires.',
    ]);
  });

  it('advises the interactive API for fewer than 10 outputs', () => {
    expect(compareCosts({ ...many, outputs: 10 }).advice).toBe('batch');
    const few = compareCosts({ ...many, outputs: 9 });
    expect(few.advice).toBe('interactive');
    expect(few.sentences.at(-1)).toBe(
      'The interactive API fits better here: 9 outputs are too few for a batch.',
    );
  });

  it('advises the interactive API when the images are needed sooner than Google aims at', () => {
    expect(compareCosts(many, { withinMs: 24 * HOUR }).advice).toBe('batch');
    expect(compareCosts(many, { withinMs: HOUR }).advice).toBe('interactive');
  });

  it('says when the price is unknown', () => {
    const costs = compareCosts({ outputs: 500, inputTokens: 1 });
    expect(costs).not.toHaveProperty('price');
    expect(costs.sentences[0]).toContain('no price');
  });
});
