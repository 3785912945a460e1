/** Google's image models, their limits and prices, as data: only this table changes when Google changes them. */

/** Image sizes by Google's names; the number is roughly the side of a square image. */
export const IMAGE_SIZES = ['512', '1K', '2K', '4K'] as const;
/** See {@link IMAGE_SIZES}. The letter is upper-case: `1k` is refused. */
export type ImageSize = (typeof IMAGE_SIZES)[number];

export interface Model {
  /** Google's id, as in `models/<id>`. */
  id: string;
  /** Short names for it. */
  names: readonly string[];
  label: string;
  status: 'live' | 'deprecated';
  /** The id of its successor. */
  replacedBy?: string;
  ratios: readonly string[];
  sizes: readonly ImageSize[];
  /** The most input images in one request. */
  maxReferences: number;
  /** Input tokens of one reference, for any number of pixels. */
  tokensPerReference: number;
  /** Output tokens of one image, for every size in `sizes`. */
  tokensPerImage: Partial<Record<ImageSize, number>>;
  /** Interactive price per million tokens, USD; a batch costs half. `text` is also the price of thinking. */
  pricePerMillionUsd: { input: number; text: number; image: number };
  /** The month in which these values were read. */
  asOf: string;
  source: string;
}

const BASE_RATIOS = ['1:1', '2:3', '3:2', '3:4', '4:3', '4:5', '5:4', '9:16', '16:9', '21:9'] as const;
const WIDE_RATIOS = [...BASE_RATIOS, '1:4', '4:1', '1:8', '8:1'] as const;
const PRICING = 'https://ai.google.dev/gemini-api/docs/pricing';

export const MODELS: readonly Model[] = [
  {
    id: 'gemini-nano-banana-2.1',
    names: ['nano-banana-2.1'],
    label: 'Nano Banana 2.1',
    status: 'live',
    ratios: WIDE_RATIOS,
    sizes: ['1K', '2K', '4K'],
    maxReferences: 14,
    // Not published for this model: this is its predecessor's, the higher of the two published values.
    tokensPerReference: 1120,
    // Google's pages give 3780 and 2520 for 4K. The higher value, so that an estimate is not too low.
    tokensPerImage: { '1K': 1120, '2K': 1680, '4K': 3780 },
    pricePerMillionUsd: { input: 1.5, text: 7.5, image: 30 },
    asOf: '2026-11',
    source: PRICING,
  },
  {
    id: 'gemini-3-pro-image',
    names: ['nano-banana-pro'],
    label: 'Nano Banana Pro',
    status: 'live',
    ratios: BASE_RATIOS,
    sizes: ['1K', '2K', '4K'],
    maxReferences: 14,
    tokensPerReference: 560,
    tokensPerImage: { '1K': 1120, '2K': 1120, '4K': 2000 },
    pricePerMillionUsd: { input: 2, text: 12, image: 120 },
    asOf: '2026-11',
    source: PRICING,
  },
  {
    // Deprecated on 2026-10-06. Reports about a shutdown on 2026-10-29 contradict each other, so only Google's 404
    // counts.
    id: 'gemini-3.1-flash-image',
    names: ['nano-banana-2'],
    label: 'Nano Banana 2',
    status: 'deprecated',
    replacedBy: 'gemini-nano-banana-2.1',
    ratios: WIDE_RATIOS,
    sizes: ['512', '1K', '2K', '4K'],
    maxReferences: 14,
    tokensPerReference: 1120,
    tokensPerImage: { '512': 747, '1K': 1120, '2K': 1680, '4K': 2520 },
    pricePerMillionUsd: { input: 0.5, text: 3, image: 60 },
    asOf: '2026-11',
    source: PRICING,
  },
];

/**
 * Finds a model by short name (`nano-banana-pro`) or Google's id, with or without `models/`, in upper or lower case.
 * Undefined where the table has no row: such a model can run, but has no price.
 */
export function findModel(nameOrId: string): Model | undefined {
  const wanted = nameOrId
    .trim()
    .toLowerCase()
    .replace(/^models\//, '');
  return MODELS.find((model) => model.id === wanted || model.names.includes(wanted));
}

export function isImageSize(value: string): value is ImageSize {
  return (IMAGE_SIZES as readonly string[]).includes(value);
}
