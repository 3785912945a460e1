import type { ActivityDeps } from './deps.ts';
import type { StepContext } from './step.ts';
import type { CancelJobInput } from './types.ts';

/** Asks Google to end a job. Its end is seen by the checks that follow; one that ended or is gone already is fine. */
export async function cancelJob(
  { gemini }: ActivityDeps,
  { job }: CancelJobInput,
  { signal }: StepContext,
): Promise<void> {
  await gemini.jobs.cancel(job, signal);
}
