import { createHash } from 'node:crypto';
import { imageSize } from 'image-size';
import { probeBytes } from '../../images/byte-probe.ts';
import { isCompleteJpeg, isJpeg, probePng, probeWebp } from '../../images/containers.ts';

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
  /** Whether the bytes run to the image's own end: one that was cut has its header but not this. */
  isWhole(bytes: Uint8Array): boolean;
}

const KINDS: Record<string, Kind> = {
  jpg: { mime: 'image/jpeg', extension: 'jpg', isWhole: isCompleteJpeg },
  png: { mime: 'image/png', extension: 'png', isWhole: (bytes) => probeBytes(bytes, probePng()) !== 'cut' },
  webp: {
    mime: 'image/webp',
    extension: 'webp',
    isWhole: (bytes) => probeBytes(bytes, probeWebp(bytes.length)) !== 'cut',
  },
};

/** Measures an image from its bytes; undefined where they are no whole image of a kind that Gemini makes. */
export function measure(bytes: Uint8Array): Measured | undefined {
  // First, because image-size goes byte by byte through a JPEG without segments.
  if (isJpeg(bytes) && !isCompleteJpeg(bytes)) return undefined;
  const { type, width, height } = probeSize(bytes);
  const kind = KINDS[type ?? ''];
  if (!kind?.isWhole(bytes) || !width || !height) return undefined;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { mime: kind.mime, extension: kind.extension, width, height, bytes: bytes.byteLength, sha256 };
}

function probeSize(bytes: Uint8Array): { type?: string; width?: number; height?: number } {
  try {
    return imageSize(bytes);
  } catch {
    // It throws for what it does not know: that is the answer.
    return {};
  }
}
