import type { FaultBook } from './faults/book.ts';
import type { Files } from './files/files.ts';
import type { Uploads } from './files/uploads.ts';
import type { ImageStyle, Jobs } from './jobs/jobs.ts';
import type { LedgerBook } from './ledger.ts';
import type { Results } from './results/results.ts';
import type { Webhooks } from './webhooks/webhooks.ts';

/** The state of the emulator that handlers use. */
export interface World {
  now: () => number;
  settings: Settings;
  files: Files;
  uploads: Uploads;
  jobs: Jobs;
  results: Results;
  webhooks: Webhooks;
  ledger: LedgerBook;
  faults: FaultBook;
}

/** Settings for new jobs. */
export interface Settings {
  /** From a job's creation to its end, ms. */
  durationMs: number;
  images: ImageStyle;
  /** Plain images are padded to this many bytes. */
  imageBytes?: number;
}
