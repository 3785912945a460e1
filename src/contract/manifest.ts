import type { NotifyTarget } from './notify.ts';

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

/** How the batch is to be run; every field but `notify` is also a flag of `run` and `submit`. Not part of the fingerprint. */
export interface RunBlock {
  /** What the batch is found by in lists and in Temporal's pages: `autumn`, `team:web`. At most 20. */
  labels?: readonly string[];
  /** Never passed, over all rounds. USD. */
  maxCostUsd?: number;
  /** Above this estimate the batch waits for `approve`. USD. */
  approveAboveUsd?: number;
  /** Rounds in all, the first included. */
  maxRounds?: number;
  /** The longest a job may take before it is cancelled and its rest tried again: `50h`, `90m`, `30s`. */
  deadline?: string;
  /** What to do when nobody can say whether a submission made a job. */
  onUnknownSubmit?: OnUnknownSubmit;
  /** Who is told by webhook; in place of all that configuration names. At most 5. */
  notify?: readonly NotifyTarget[];
}

/** `reconcile`: look, wait the visibility window, look again, then make another. `park`: stop and ask a person. */
export const ON_UNKNOWN_SUBMIT = ['reconcile', 'park'] as const;
/** See {@link ON_UNKNOWN_SUBMIT}. */
export type OnUnknownSubmit = (typeof ON_UNKNOWN_SUBMIT)[number];
