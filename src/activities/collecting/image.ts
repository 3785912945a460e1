import { createHash } from 'node:crypto';
import { imageSize } from 'image-size';
import { probeBytes } from '../../images/byte-probe.ts';
import { isCompleteJpeg, isJpeg, probeJpegSize, probePng, probeWebp } from '../../images/containers.ts';

/** Type and size of an image, read from its bytes. The type that the answer claims is not used. */
export interface MeasuredImage {
  mime: string;
  extension: string;
  width: number;
  height: number;
  bytes: number;
  sha256: string;
}

interface Format {
  mime: string;
  extension: string;
  /** Whether the bytes reach the image's end marker: an image that was cut off has a header but no end. */
  isComplete(bytes: Uint8Array): boolean;
}

const FORMATS: Record<string, Format> = {
  jpg: { mime: 'image/jpeg', extension: 'jpg', isComplete: isCompleteJpeg },
  png: {
    mime: 'image/png',
    extension: 'png',
    isComplete: (bytes) => probeBytes(bytes, probePng()) !== 'cut',
  },
  webp: {
    mime: 'image/webp',
    extension: 'webp',
    isComplete: (bytes) => probeBytes(bytes, probeWebp(bytes.length)) !== 'cut',
  },
};

/** Measures an image from its bytes. Undefined where they are no complete image of a format that Gemini makes. */
export function measureImage(bytes: Uint8Array): MeasuredImage | undefined {
  const { type, width, height } = probeSize(bytes);
  const format = FORMATS[type ?? ''];
  if (!format?.isComplete(bytes) || !width || !height) return undefined;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { mime: format.mime, extension: format.extension, width, height, bytes: bytes.byteLength, sha256 };
}

function probeSize(bytes: Uint8Array): { type?: string; width?: number; height?: number } {
  if (isJpeg(bytes)) return { type: 'jpg', ...probeBytes(bytes, probeJpegSize()) };
  try {
    return imageSize(bytes);
  } catch {
    // image-size throws for bytes that are no image it knows.
    return {};
  }
}
