import type { BatchOptions, Manifest } from '../contract/index.ts';
import { durationMs } from './duration.ts';

/** The manifest's `run` block as options of the workflow. */
export function runOptionsFrom({ run }: Manifest): Partial<BatchOptions> {
  const { deadline, ...options } = run;
  return { ...options, ...(deadline !== undefined && { deadlineMs: durationMs(deadline) }) };
}
