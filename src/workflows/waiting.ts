import type { FoundJob, JobStatus } from '../activities/types.ts';

/** A job at its end. */
export interface JobEnd extends JobStatus {
  /** We cancelled it: it was past its deadline, it was a straggler, or the batch is cancelled. */
  weCancelled: boolean;
}

/** A job whose end is waited for. */
export interface Waiting {
  job: string;
  round: number;
  /** ms since 1970. */
  submittedAt: number;
  /** Present where it is the round's job: the checks also search for stragglers. */
  stragglers?: Stragglers;
}

/**
 * The jobs of a round beside the one that the round waits for: of a submission whose answer was lost and which LIST showed
 * late, or of a submission that Google carried out twice. Their finished outputs were paid for and are collected.
 */
export interface Stragglers {
  /** Whether the next check should search for them: true once for each time. */
  areDue(): boolean;
  /** Cancels those that were found. */
  cancel(jobs: FoundJob[]): Promise<void>;
  /** Those that were found so far. */
  list(): readonly FoundJob[];
}
