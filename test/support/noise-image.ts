import { randomBytes } from 'node:crypto';
import sharp from 'sharp';

/** An image that does not compress, so that decoding and uploading take time. */
export function createNoiseImage(pixels: number): Promise<Buffer> {
  const raw = { width: pixels, height: pixels, channels: 3 } as const;
  return sharp(randomBytes(pixels * pixels * 3), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
}
