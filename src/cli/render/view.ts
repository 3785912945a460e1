import type { BatchProgress } from '../../contract/index.ts';

/** Shows how far a batch is, on stderr. */
export interface ProgressView {
  show: (progress: BatchProgress) => void;
  /** Removes the bar or screen; messages stay. */
  stop(): void;
}
