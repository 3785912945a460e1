import { describe, expect, it } from 'vitest';
import { type ComparedImage, compareImage } from '../../../src/batch/measure.ts';
import { findModel } from '../../../src/batch/models.ts';
import { toPixels } from '../../../src/batch/pixels.ts';

const flags = (over: Partial<ComparedImage>) =>
  compareImage({
    width: 1024,
    height: 1024,
    imageSize: '1K',
    claimedMime: 'image/png',
    mime: 'image/png',
    interimOnly: false,
    ...over,
  });

describe('an image', () => {
  it('of Google’s own size has no flag, at any ratio and size', () => {
    for (const ratio of findModel('nano-banana-2')?.ratios ?? []) {
      for (const imageSize of ['512', '1K', '2K', '4K']) {
        expect(flags({ aspectRatio: ratio, imageSize, ...toPixels(ratio, imageSize) })).toEqual([]);
        expect(flags({ imageSize, ...toPixels(ratio, imageSize) })).toEqual([]);
      }
    }
  });

  it('of another ratio than requested has only that flag', () => {
    expect(flags({ aspectRatio: '16:9' })).toEqual(['wrong-ratio']);
    expect(flags({ aspectRatio: '4:5', width: 896, height: 1200 })).toEqual(['wrong-ratio']);
    expect(flags({ aspectRatio: '9:16', ...toPixels('16:9', '1K') })).toEqual(['wrong-ratio']);
  });

  it('of any ratio has no flag when none was requested', () => {
    expect(flags({ width: 1536, height: 672 })).not.toContain('wrong-ratio');
  });

  it('may differ by two percent in ratio', () => {
    expect(flags({ aspectRatio: '1:1', width: 1044 })).toEqual([]);
    expect(flags({ aspectRatio: '1:1', width: 1046 })).toEqual(['wrong-ratio']);
  });

  it('of another size than requested has only that flag', () => {
    expect(flags({ imageSize: '2K' })).toEqual(['wrong-size']);
    expect(flags({ aspectRatio: '1:1', imageSize: '1K', width: 2048, height: 2048 })).toEqual(['wrong-size']);
  });

  it('may differ by five percent in its sides', () => {
    expect(flags({ width: 1075, height: 1075 })).toEqual([]);
    expect(flags({ width: 1076, height: 1076 })).toEqual(['wrong-size']);
    expect(flags({ width: 972, height: 972 })).toEqual(['wrong-size']);
  });

  it('of another type than claimed is flagged, whatever the spelling of the type', () => {
    expect(flags({ claimedMime: 'image/png', mime: 'image/jpeg' })).toEqual(['mime-mismatch']);
    expect(flags({ claimedMime: 'image/JPG; q=1', mime: 'image/jpeg' })).toEqual([]);
    expect(flags({ claimedMime: '' })).toEqual([]);
  });

  it('that is only a thought is flagged', () => {
    expect(flags({ interimOnly: true })).toEqual(['interim-only']);
  });
});
