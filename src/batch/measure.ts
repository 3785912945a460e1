import { FLAGS, type Flag } from '../contract/words.ts';
import { nearestRatio, type Pixels, toPixels } from './pixels.ts';

export interface Measured extends Pixels {
  /** What was asked for; unset: the model chose. */
  aspectRatio?: string;
  imageSize: string;
  /** What the answer says the bytes are; empty where it does not say. */
  claimedMime: string;
  /** What the bytes are. */
  mime: string;
  interimOnly: boolean;
}

/** Google's own pixels are up to 1.1 % off the ratio they stand for (21:9 is 1584×672). The nearest two ratios, 4:5 and 3:4, are 6 % apart. */
const RATIO_TOLERANCE = 0.02;

/** Of the side, not the area. The next size is twice as large. */
const SIZE_TOLERANCE = 0.05;

/** The doubts about an image, from its own pixels and bytes: the answer's claims are not believed. */
export function compareImage(image: Measured): Flag[] {
  const doubts: Partial<Record<Flag, boolean>> = {
    'wrong-ratio': image.aspectRatio !== undefined && !hasRatio(image, image.aspectRatio),
    'wrong-size': !hasSize(image, image.imageSize),
    'interim-only': image.interimOnly,
    'mime-mismatch': image.claimedMime !== '' && plainMime(image.claimedMime) !== plainMime(image.mime),
  };
  return FLAGS.filter((flag) => doubts[flag]);
}

function hasRatio({ width, height }: Pixels, ratio: string): boolean {
  const [w, h] = ratio.split(':').map(Number);
  if (!w || !h) return true;
  return Math.abs(width / height / (w / h) - 1) <= RATIO_TOLERANCE;
}

/** Compared with what that size has in the shape the image has, so that a wrong ratio is not taken for a wrong size. */
function hasSize(image: Pixels, size: string): boolean {
  const expected = toPixels(nearestRatio(image), size);
  if (!expected) return true;
  const scale = Math.sqrt((image.width * image.height) / (expected.width * expected.height));
  return Math.abs(scale - 1) <= SIZE_TOLERANCE;
}

/** Without parameters and case; `image/jpg` is how some write `image/jpeg`. */
function plainMime(mime: string): string {
  const [type = ''] = mime.toLowerCase().split(';');
  return type.trim().replace(/^image\/jpg$/, 'image/jpeg');
}
