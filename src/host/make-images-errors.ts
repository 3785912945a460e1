import {
  availableActions,
  type BatchProgress,
  HummingbatchError,
  isEnd,
  type JobState,
} from '../contract/index.ts';

/** The error of a batch that does not continue without an operator; undefined where it continues or has records. */
export function stopError(progress: BatchProgress): HummingbatchError | undefined {
  const { batchId, state, stop } = progress;
  const actions = availableActions(progress);
  if (state === 'AWAITING_APPROVAL')
    return new HummingbatchError(
      'approval-required',
      `The batch ${batchId} waits for approval: its price is above \`approveAboveUsd\`.`,
      { actions },
    );
  if (state !== 'NEEDS_ATTENTION' && state !== 'FAILED') return undefined;
  const { code, message, fix } = stop ?? { code: 'internal', message: `The batch ${batchId} is ${state}.` };
  return new HummingbatchError(code, message, { fix, actions });
}

/** The error of a loop that was aborted. */
export function leftError(progress: BatchProgress | undefined, cause: unknown): HummingbatchError {
  const message = progress ? describeLeft(progress) : 'Aborted before the batch was started.';
  return new HummingbatchError('aborted', message, {
    cause,
    fix: 'Call makeImages again with the same manifest and store: the batch continues where it stood.',
    actions: progress ? availableActions(progress) : [],
  });
}

const OPEN_JOB: readonly JobState[] = ['PENDING', 'RUNNING', 'UNKNOWN'];

/** What stands still and what continues when the loop is left. */
export function describeLeft({ batchId, state, job, jobs }: BatchProgress): string {
  if (isEnd(state)) return `The batch ${batchId} has ended; its records lie in the store.`;
  // A job that is not listed yet was just made.
  const jobState = jobs.find(({ name }) => name === job)?.state ?? 'PENDING';
  return job && OPEN_JOB.includes(jobState)
    ? `The batch ${batchId} stands still here, and its job ${job} continues at Google and is billed.`
    : `The batch ${batchId} stands still here, and no job of it runs at Google.`;
}
