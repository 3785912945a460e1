import { describe, expect, it } from 'vitest';
import { findModel, MODELS } from '../../../src/batch/models.ts';
import { nearestRatio, toPixels } from '../../../src/batch/pixels.ts';

describe('a model', () => {
  it.each([
    ['nano-banana-pro', 'gemini-3-pro-image'],
    ['nano-banana-2', 'gemini-3.1-flash-image'],
    ['nano-banana-2.1', 'gemini-nano-banana-2.1'],
    ['gemini-3-pro-image', 'gemini-3-pro-image'],
    ['models/gemini-3-pro-image', 'gemini-3-pro-image'],
    [' Nano-Banana-Pro ', 'gemini-3-pro-image'],
  ])('is found by %j', (name, id) => {
    expect(findModel(name)?.id).toBe(id);
  });

  it('is not found when it is not in the table', () => {
    expect(findModel('gemini-3-pro')).toBeUndefined();
    expect(findModel('')).toBeUndefined();
  });

  it.each(MODELS)('$id has pixels for every ratio and tokens for every size it offers', (model) => {
    for (const size of model.sizes) {
      expect(model.tokensPerImage[size]).toBeGreaterThan(0);
      for (const ratio of model.ratios) expect(toPixels(ratio, size)).toBeDefined();
    }
  });

  it.each(MODELS.filter((model) => model.status === 'deprecated'))(
    '$id, deprecated, names a live one',
    (model) => {
      expect(findModel(model.replacedBy ?? '')?.status).toBe('live');
    },
  );

  it.each([
    ['nano-banana-2', 0.067],
    ['nano-banana-pro', 0.134],
    ['nano-banana-2.1', 0.0336],
  ])("%s makes an image at 1K for Google's listed %d USD", (name, usd) => {
    const model = findModel(name);
    const image = ((model?.tokensPerImage['1K'] ?? 0) * (model?.pricePerMillionUsd.image ?? 0)) / 1e6;
    expect(image).toBeCloseTo(usd, 3);
  });
});

describe('pixels', () => {
  it.each([
    ['16:9', '512', { width: 688, height: 384 }],
    ['16:9', '1K', { width: 1376, height: 768 }],
    ['16:9', '2K', { width: 2752, height: 1536 }],
    ['1:8', '4K', { width: 1536, height: 12288 }],
  ])('of %s at %s are those of Google', (ratio, size, pixels) => {
    expect(toPixels(ratio, size)).toEqual(pixels);
  });

  it('are undefined for an unknown ratio or size', () => {
    expect(toPixels('7:3', '1K')).toBeUndefined();
    expect(toPixels('1:1', '1k')).toBeUndefined();
    expect(toPixels('constructor', '1K')).toBeUndefined();
  });

  it('give the closest ratio', () => {
    expect(nearestRatio({ width: 1376, height: 768 })).toBe('16:9');
    expect(nearestRatio({ width: 100, height: 790 })).toBe('1:8');
  });
});
