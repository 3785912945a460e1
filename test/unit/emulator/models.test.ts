import { describe, expect, it } from 'vitest';
import { computePixels, findModel, nearestRatio } from '../../../src/emulator/models.ts';
import { findKeyword, KEYWORDS } from '../../../src/emulator/rows/keywords.ts';

const IDS = ['gemini-3.1-flash-image', 'gemini-3-pro-image', 'gemini-nano-banana-2.1'];

describe.each(IDS)('the model %s', (id) => {
  const model = findModel(id);

  it('has pixels for each ratio and size that it offers, in that ratio', () => {
    for (const ratio of model?.ratios ?? []) {
      for (const size of Object.keys(model?.tokensBySize ?? {})) {
        const pixels = computePixels(ratio, size);
        expect(model && nearestRatio(model, pixels)).toBe(ratio);
        expect(Number.isInteger(pixels.width) && Number.isInteger(pixels.height)).toBe(true);
      }
    }
  });
});

describe('the table of models', () => {
  it('matches Google’s documentation: long ratios and 512 only for some models', () => {
    expect(findModel('gemini-3-pro-image')?.ratios).not.toContain('1:8');
    expect(findModel('gemini-3.1-flash-image')?.tokensBySize).toHaveProperty('512');
    expect(findModel('gemini-3-pro-image')?.tokensBySize).not.toHaveProperty('512');
    expect(computePixels('21:9', '2K')).toEqual({ width: 3168, height: 1344 });
    expect(findModel('gemini-3-pro-image-preview')).toBeUndefined();
  });
});

describe('keywords', () => {
  it('are found in any case, each one separately', () => {
    for (const keyword of KEYWORDS)
      expect(findKeyword(`A lake ${keyword.word.toUpperCase()}!`)).toBe(keyword);
  });

  it('are not found in ordinary prompts', () => {
    expect(findKeyword('Refuse to fail once; text only, no image missing [draft]')).toBeUndefined();
  });
});
