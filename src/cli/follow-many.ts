import { HummingbatchError } from '../contract/index.ts';
import { isIdle } from '../host/follow.ts';
import type { Call } from './call.ts';
import { waitUntilIdle } from './follow.ts';
import { describeStep } from './render/describe-step.ts';
import { formatState } from './render/summary.ts';
import type { Session } from './session.ts';

/** Follows several batches to their ends or next stops, and prints a line for each new step. */
export async function followMany(call: Call, session: Session, batchIds: readonly string[]): Promise<void> {
  const { output, signal } = call;
  const over = new AbortController();
  const followed = batchIds.map(async (batchId) => {
    let last = '';
    await waitUntilIdle(session, batchId, AbortSignal.any([signal, over.signal]), (progress) => {
      const line = `${batchId}: ${isIdle(progress) ? formatState(progress.state) : describeStep(progress)}`;
      if (line !== last) output.say(line);
      last = line;
    });
  });
  try {
    await Promise.race([Promise.all(followed), session.failed]);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new HummingbatchError('aborted', 'Interrupted: the batches stand still here. Nothing is lost.', {
      cause: error,
    });
  } finally {
    over.abort();
    await Promise.allSettled(followed);
  }
}
