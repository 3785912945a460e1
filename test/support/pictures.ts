import { randomBytes } from 'node:crypto';
import sharp from 'sharp';

/** A picture that does not compress, so that it takes its time to decode and to upload. */
export function noise(pixels: number): Promise<Buffer> {
  const raw = { width: pixels, height: pixels, channels: 3 } as const;
  return sharp(randomBytes(pixels * pixels * 3), { raw })
    .png({ compressionLevel: 0 })
    .toBuffer();
}
