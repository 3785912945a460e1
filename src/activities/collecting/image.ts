import { createHash } from 'node:crypto';
import { imageSize } from 'image-size';

/** What the bytes of an image are, whatever the answer claims. */
export interface Measured {
  mime: string;
  extension: string;
  width: number;
  height: number;
  bytes: number;
  sha256: string;
}

interface Kind {
  mime: string;
  extension: string;
  /** Whether the bytes run to the format's own end: an image that was cut has its header but not this. */
  isComplete(bytes: Buffer): boolean;
}

const PNG_END = Buffer.from('IEND');

const KINDS: Record<string, Kind> = {
  jpg: {
    mime: 'image/jpeg',
    extension: 'jpg',
    isComplete: (bytes) => bytes.subarray(-4096).includes(Buffer.from([0xff, 0xd9])),
  },
  png: { mime: 'image/png', extension: 'png', isComplete: (bytes) => bytes.subarray(-64).includes(PNG_END) },
  webp: {
    mime: 'image/webp',
    extension: 'webp',
    isComplete: (bytes) => bytes.readUInt32LE(4) + 8 <= bytes.byteLength,
  },
};

/** Measures an image from its bytes; undefined where they are no whole image of a kind that Gemini makes. */
export function measure(bytes: Buffer): Measured | undefined {
  try {
    const { type, width, height } = imageSize(bytes);
    const kind = KINDS[type ?? ''];
    if (!kind?.isComplete(bytes) || !width || !height) return undefined;
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { mime: kind.mime, extension: kind.extension, width, height, bytes: bytes.byteLength, sha256 };
  } catch {
    // image-size throws for what it does not know: that is the answer.
    return undefined;
  }
}
