/** An image model of the emulator: what it offers and bills. As of November 2026. */
export interface Model {
  id: string;
  ratios: readonly string[];
  /** Output tokens billed for one image, by size. */
  tokensBySize: Readonly<Record<string, number>>;
  maxReferences: number;
  /** Tokens billed for one reference. Google documents 560 for the Pro model and no value for the others. */
  tokensPerReference: number;
  /**
   * The type of its images. Google's are usually JPEG; one model here makes PNG, so that clients must check the bytes.
   */
  mimeType: 'image/jpeg' | 'image/png';
}

const BASE_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'];
const LONG_RATIOS = ['1:4', '4:1', '1:8', '8:1'];

const MODELS: readonly Model[] = [
  {
    id: 'gemini-3.1-flash-image',
    ratios: [...BASE_RATIOS, ...LONG_RATIOS],
    tokensBySize: { '512': 747, '1K': 1120, '2K': 1680, '4K': 2520 },
    maxReferences: 14,
    tokensPerReference: 560,
    mimeType: 'image/jpeg',
  },
  {
    id: 'gemini-3-pro-image',
    ratios: BASE_RATIOS,
    tokensBySize: { '1K': 1120, '2K': 1120, '4K': 2000 },
    maxReferences: 14,
    tokensPerReference: 560,
    mimeType: 'image/jpeg',
  },
  {
    id: 'gemini-nano-banana-2.1',
    ratios: [...BASE_RATIOS, ...LONG_RATIOS],
    // Google's pages disagree about 4K: 3780 on one, 2520 on another.
    tokensBySize: { '1K': 1120, '2K': 1680, '4K': 2520 },
    maxReferences: 14,
    tokensPerReference: 560,
    mimeType: 'image/png',
  },
];

/** Finds a model by its id, without `models/`. */
export function findModel(id: string): Model | undefined {
  return MODELS.find((model) => model.id === id);
}

export interface Pixels {
  width: number;
  height: number;
}

/**
 * Width and height at 1K. The long ratios are not in Google's table; here they have about a megapixel each, in
 * multiples of 16.
 */
const PIXELS_AT_1K: Readonly<Record<string, readonly [number, number]>> = {
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

const SCALE: Readonly<Record<string, number>> = { '512': 0.5, '1K': 1, '2K': 2, '4K': 4 };

/** The pixels of an image with this ratio and size. */
export function computePixels(ratio: string, size: string): Pixels {
  const [width, height] = PIXELS_AT_1K[ratio] ?? [];
  const scale = SCALE[size];
  if (width === undefined || height === undefined || scale === undefined) {
    throw new RangeError(`no pixels for ${ratio} at ${size}`);
  }
  return { width: width * scale, height: height * scale };
}

/** The ratio of a model that is closest to these pixels. */
export function nearestRatio(model: Model, { width, height }: Pixels): string {
  const distance = (ratio: string) => {
    const [w = 1, h = 1] = ratio.split(':').map(Number);
    return Math.abs(Math.log(width / height) - Math.log(w / h));
  };
  return model.ratios.reduce((best, ratio) => (distance(ratio) < distance(best) ? ratio : best));
}
