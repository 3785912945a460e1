import { durationMs } from '../contract/duration.ts';
import type { BatchOptions, Manifest } from '../contract/index.ts';

/** The manifest's `run` block as options of the workflow. */
export function runOptionsFrom({ run }: Manifest): Partial<BatchOptions> {
  const { deadline, ...options } = run;
  return { ...options, ...(deadline !== undefined && { deadlineMs: durationMs(deadline) }) };
}
