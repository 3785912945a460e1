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
  it('as Google makes it has no flag, at any ratio and size', () => {
    for (const ratio of findModel('nano-banana-2')?.ratios ?? []) {
      for (const imageSize of ['512', '1K', '2K', '4K']) {
        expect(flags({ aspectRatio: ratio, imageSize, ...toPixels(ratio, imageSize) })).toEqual([]);
        expect(flags({ imageSize, ...toPixels(ratio, imageSize) })).toEqual([]);
      }
    }
  });

  it('of another ratio than asked is flagged for that only', () => {
    expect(flags({ aspectRatio: '16:9' })).toEqual(['wrong-ratio']);
    expect(flags({ aspectRatio: '4:5', width: 896, height: 1200 })).toEqual(['wrong-ratio']);
    expect(flags({ aspectRatio: '9:16', ...toPixels('16:9', '1K') })).toEqual(['wrong-ratio']);
  });

  it('of any ratio is right where none was asked for', () => {
    expect(flags({ width: 1536, height: 672 })).not.toContain('wrong-ratio');
  });

  it('is allowed two percent of ratio and no more', () => {
    expect(flags({ aspectRatio: '1:1', width: 1044 })).toEqual([]);
    expect(flags({ aspectRatio: '1:1', width: 1046 })).toEqual(['wrong-ratio']);
  });

  it('of another size than asked is flagged for that only', () => {
    expect(flags({ imageSize: '2K' })).toEqual(['wrong-size']);
    expect(flags({ aspectRatio: '1:1', imageSize: '1K', width: 2048, height: 2048 })).toEqual(['wrong-size']);
  });

  it('is allowed five percent of its sides and no more', () => {
    expect(flags({ width: 1075, height: 1075 })).toEqual([]);
    expect(flags({ width: 1076, height: 1076 })).toEqual(['wrong-size']);
    expect(flags({ width: 972, height: 972 })).toEqual(['wrong-size']);
  });

  it('that is another type than claimed is flagged, by what it is and not by how it is spelt', () => {
    expect(flags({ claimedMime: 'image/png', mime: 'image/jpeg' })).toEqual(['mime-mismatch']);
    expect(flags({ claimedMime: 'image/JPG; q=1', mime: 'image/jpeg' })).toEqual([]);
    expect(flags({ claimedMime: '' })).toEqual([]);
  });

  it('that was only a thought is flagged', () => {
    expect(flags({ interimOnly: true })).toEqual(['interim-only']);
  });
});
