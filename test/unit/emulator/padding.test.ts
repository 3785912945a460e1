import * as fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { PADDERS } from '../../../src/emulator/images/padding.ts';
import { property } from '../../support/property.ts';

const FORMATS = [
  { mimeType: 'image/jpeg', least: 4 },
  { mimeType: 'image/png', least: 12 },
] as const;

describe.each(FORMATS)('padding of $mimeType', ({ mimeType, least }) => {
  let image: Buffer;
  let pixels: Buffer;
  beforeAll(async () => {
    const drawn = sharp({ create: { width: 20, height: 10, channels: 3, background: 'teal' } });
    image = await (mimeType === 'image/png' ? drawn.png() : drawn.jpeg()).toBuffer();
    pixels = await sharp(image).raw().toBuffer();
  });

  // A full JPEG comment has 65,537 bytes: near its multiples the last comment gets short.
  const lengths = fc.oneof(
    fc.integer({ min: 0, max: 400_000 }),
    fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: -6, max: 6 })).map(([n, d]) => n * 65_537 + d),
  );

  property([lengths], 60)('has exactly the bytes asked for and the same picture', async (more) => {
    const padded = PADDERS[mimeType](image, image.length + more);
    expect(padded.length).toBe(more < least ? image.length : image.length + more);
    expect(await sharp(padded, { failOn: 'warning' }).raw().toBuffer()).toEqual(pixels);
  });

  it('never makes an image shorter', () => {
    expect(PADDERS[mimeType](image, 1)).toEqual(image);
  });
});
