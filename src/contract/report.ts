import type { Cost, JobSummary, OutputCounts } from './progress.ts';
import type { EndState, Flag } from './words.ts';

/** `report.json`: what became of a batch as a whole. Times are ISO 8601 in UTC. */
export interface Report {
  batchId: string;
  name: string;
  model: string;
  labels?: readonly string[];
  state: EndState;
  outputs: OutputCounts;
  /** How many images carry each flag. */
  flags: Partial<Record<Flag, number>>;
  /** Outputs by aspect ratio; `auto` where none was asked for. */
  byRatio: Record<string, OutputCounts>;
  rounds: RoundSummary[];
  jobs: readonly JobSummary[];
  costUsd: Cost & { difference: number };
  /** What it might have cost over all rounds, USD; absent: no limit. */
  maxCostUsd?: number;
  startedAt: string;
  endedAt: string;
  /** What was odd and could be dealt with: unknown keys, second answers, malformed lines. */
  anomalies: string[];
  /** The retry that made this report, where it was one. */
  retryId?: string;
}

export interface RoundSummary {
  round: number;
  outputs: OutputCounts;
  costUsd: number;
}
