import type { BatchOptions, BatchProgress, OutputRecord } from '../contract/index.ts';
import type { ManifestInput } from '../manifest/index.ts';
import type { Store } from '../store/store.ts';
import type { GeminiOptions, TemporalOptions, WatchOptions, WebhookOptions } from './options.ts';

/** Options of `makeImages`. */
export interface MakeImagesOptions extends GeminiOptions, WatchOptions {
  /** A file, or what would stand in one. Paths in it are relative to the file, else to `folder`. */
  manifest: string | ManifestInput;
  /** What the paths of a manifest that is an object are relative to. Default: the current folder. */
  folder?: string | undefined;
  /** The folder for batches, images and the managed dev server's database; or a store that is open. */
  store: string | Store;
  /** The most that the batch may cost over all rounds, USD; overrides the manifest's `run.maxCostUsd`. One of them is required. */
  maxCostUsd?: number | undefined;
  /** Default: made of the manifest's name and content, so that the same manifest means the same batch. */
  batchId?: string | undefined;
  /** How the batch is run; overrides the manifest's `run` block. */
  options?: Partial<BatchOptions> | undefined;
  /** A Temporal server that runs, in place of the managed dev server. The worker still runs in this process. */
  temporal?: TemporalOptions | undefined;
  webhooks?: WebhookOptions | undefined;
  /** Called at each change: what to show while a job takes hours. */
  onProgress?: ((progress: BatchProgress) => void) | undefined;
  /** Takes a sentence for a person who waits, such as that the Temporal CLI is downloaded (44 MB, once). */
  say?: ((sentence: string) => void) | undefined;
  /** Ends the loop with an error `aborted` after the worker and the server are closed. */
  signal?: AbortSignal | undefined;
}

/** The records of one batch, and where it stands. */
export interface ImageRun extends AsyncGenerator<OutputRecord, void, undefined> {
  /** Where the batch stood at the last change: its `batchId`, `state`, `job`, `stop`. Undefined before the first. */
  readonly progress: BatchProgress | undefined;
}
