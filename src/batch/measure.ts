import { FLAGS, type Flag } from '../contract/words.ts';
import { nearestRatio, type Pixels, toPixels } from './pixels.ts';

export interface ComparedImage extends Pixels {
  /** As requested; unset: the model chose. */
  aspectRatio?: string;
  imageSize: string;
  /** The type that the answer claims; empty where it claims none. */
  claimedMime: string;
  /** The type of the bytes. */
  mime: string;
  interimOnly: boolean;
}

/**
 * Google's own pixel sizes differ from their nominal ratio by up to 1.1 % (21:9 is 1584×672). The two closest ratios,
 * 4:5 and 3:4, differ by 6 %.
 */
const RATIO_TOLERANCE = 0.02;

/** A share of the side, not of the area. The next size has sides twice as long. */
const SIZE_TOLERANCE = 0.05;

/** The flags of an image, from its own pixels and bytes. What the answer claims is only compared. */
export function compareImage(image: ComparedImage): Flag[] {
  const found: Partial<Record<Flag, boolean>> = {
    'wrong-ratio': image.aspectRatio !== undefined && !hasRatio(image, image.aspectRatio),
    'wrong-size': !hasSize(image, image.imageSize),
    'interim-only': image.interimOnly,
    'mime-mismatch':
      image.claimedMime !== '' && normaliseMime(image.claimedMime) !== normaliseMime(image.mime),
  };
  return FLAGS.filter((flag) => found[flag]);
}

function hasRatio({ width, height }: Pixels, ratio: string): boolean {
  const [w, h] = ratio.split(':').map(Number);
  if (!w || !h) return true;
  return Math.abs(width / height / (w / h) - 1) <= RATIO_TOLERANCE;
}

/**
 * Compares with the requested size in the ratio that the image has, so that a wrong ratio does not also count as a
 * wrong size.
 */
function hasSize(image: Pixels, size: string): boolean {
  const expected = toPixels(nearestRatio(image), size);
  if (!expected) return true;
  const scale = Math.sqrt((image.width * image.height) / (expected.width * expected.height));
  return Math.abs(scale - 1) <= SIZE_TOLERANCE;
}

/** Normalises a type: no parameters, lower case, and `image/jpeg` for the common misspelling `image/jpg`. */
function normaliseMime(mime: string): string {
  const [type = ''] = mime.toLowerCase().split(';');
  return type.trim().replace(/^image\/jpg$/, 'image/jpeg');
}
