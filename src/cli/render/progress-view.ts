import type { BatchProgress } from '../../contract/index.ts';

/** Shows how far a batch is, on stderr. */
export interface ProgressView {
  show: (progress: BatchProgress) => void;
  /** Takes the bar away; what was said stays. */
  stop(): void;
}
