import type { BATCH, BATCH_RESULT, COST, JOB, OUTPUT_COUNTS, STOP } from './answers/progress.ts';
import type { Infer } from './rules.ts';

/** Outputs by outcome. `missing` counts only what a job was asked for and did not answer. */
export type OutputCounts = Infer<typeof OUTPUT_COUNTS>;

/** USD. */
export type Cost = Infer<typeof COST>;

/** A Gemini batch job of a batch. */
export type JobSummary = Infer<typeof JOB>;

/** Why a batch stopped or failed, and what to do. */
export type Stop = Infer<typeof STOP>;

/** Where a batch stands: the answer of the query `progress`. Times are ISO 8601 in UTC. */
export type BatchProgress = Infer<typeof BATCH>;

/** What the workflow returns. */
export type BatchResult = Infer<typeof BATCH_RESULT>;
