import { type ImageSize, isImageSize } from './models.ts';

export interface Pixels {
  width: number;
  height: number;
}

/**
 * The pixels of Google's models at 1K, from the tables of https://ai.google.dev/gemini-api/docs/image-generation (the
 * same for all models of our table, November 2026). They match their ratio to about 1 %; 1:8 and 8:1 have 12 % more
 * pixels.
 */
const AT_1K: Readonly<Record<string, readonly [width: number, height: number]>> = {
  '1:1': [1024, 1024],
  '2:3': [848, 1264],
  '3:2': [1264, 848],
  '3:4': [896, 1200],
  '4:3': [1200, 896],
  '4:5': [928, 1152],
  '5:4': [1152, 928],
  '9:16': [768, 1376],
  '16:9': [1376, 768],
  '21:9': [1584, 672],
  '1:4': [512, 2048],
  '4:1': [2048, 512],
  '1:8': [384, 3072],
  '8:1': [3072, 384],
};

/**
 * Side lengths relative to 1K. (Google's page gives 792×168 for 21:9 at 512, which is not 21:9; half of 1K is 792×336.)
 */
const SCALE: Record<ImageSize, number> = { '512': 0.5, '1K': 1, '2K': 2, '4K': 4 };

/** The pixels of a ratio at a size; undefined where Google's tables have none. */
export function toPixels(ratio: string, size: string): Pixels | undefined {
  if (!Object.hasOwn(AT_1K, ratio) || !isImageSize(size)) return undefined;
  const [width, height] = AT_1K[ratio] as readonly [number, number];
  return { width: width * SCALE[size], height: height * SCALE[size] };
}

/** The known ratio that is closest to these pixels. */
export function nearestRatio({ width, height }: Pixels): string {
  const distance = ([w, h]: readonly [number, number]) => Math.abs(Math.log(w / h / (width / height)));
  return Object.entries(AT_1K).reduce((best, next) =>
    distance(next[1]) < distance(best[1]) ? next : best,
  )[0];
}
