import type { ActivityDeps } from './deps.ts';
import type { StepContext } from './step.ts';
import type { CancelJobInput } from './types.ts';

/**
 * Asks Google to cancel a job. A job that has ended or is gone counts as cancelled. The checks that follow see its end.
 */
export async function cancelJob(
  { gemini }: ActivityDeps,
  { job }: CancelJobInput,
  { signal }: StepContext,
): Promise<void> {
  await gemini.jobs.cancel(job, signal);
}
