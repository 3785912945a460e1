import type { RunBlock } from './options.ts';

/**
 * A normalised manifest: what lies in the store as `manifest.json` and what everything behind the parser works on.
 *
 * It is itself a valid manifest: defaults are applied to each item, every reference is a list, and no path is left:
 * local files became `sha256:<hex>` (their bytes lie in the store under `references/`), URLs stay as they are.
 */
export interface Manifest {
  name: string;
  /** Google's own model id, e.g. `gemini-3-pro-image`. */
  model: string;
  references: Record<string, ReferenceSource[]>;
  items: Item[];
  run: RunBlock;
  /** The batch whose unfulfilled outputs these are; set in `failed.json`. */
  parent?: string;
}

/** Where a reference's bytes are: content in the store, or an https URL that `prepare` fetches. */
export type ReferenceSource = `sha256:${string}` | `https://${string}`;

/** One entry of a manifest: a prompt and how often an image of it is wanted. */
export interface Item {
  key: string;
  prompt: string;
  /** Without one the model takes the input image's ratio, else 1:1. */
  aspectRatio?: string;
  imageSize: string;
  /** How many outputs, 1 to 1000. */
  count: number;
  /** Names in {@link Manifest.references}, in the order in which the model sees them. */
  references: string[];
  systemInstruction?: string;
  /** The n-th output of an item gets `seed + n - 1`, so that outputs of one item differ and can be repeated. */
  seed?: number;
  temperature?: number;
  safetySettings?: SafetySetting[];
  /** Carried into the records untouched. */
  metadata?: Record<string, unknown>;
}

export interface SafetySetting {
  category: string;
  threshold: string;
}
