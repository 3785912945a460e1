import type { BatchHandle } from '../client/index.ts';
import type { BatchProgress } from '../contract/index.ts';
import { requireStored, takeUp } from './batch-of-call.ts';
import type { Call } from './call.ts';
import { formatCommand } from './commands.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { followToEnd } from './follow.ts';
import { describeBatch, summaryJson } from './render/summary.ts';
import { openSession, type Session } from './session.ts';
import { openBatchStore } from './store.ts';

/**
 * Sends an operation to a batch. Where the worker is in this process it follows the batch to its end or next stop; a configured
 * Temporal has its own worker.
 *
 * @param act sends it, and answers with a sentence about it
 */
export async function steer(
  call: Call,
  act: (session: Session, batchId: string) => Promise<string>,
): Promise<ExitCode> {
  const [batchId = ''] = call.args;
  const { config, store } = await openBatchStore(call);
  await requireStored(store, batchId);
  const session = await openSession(call, config, store);
  try {
    call.output.say(await act(session, batchId));
    if (session.ownsWorker) return await followToEnd(call, session, batchId);
    return leave(call, session, await session.hummingbatch.batch(batchId).status());
  } finally {
    await session.close();
  }
}

/** The same for operations on open batches. A batch that Temporal has lost is started again first. */
export function sendUpdate(call: Call, act: (batch: BatchHandle) => Promise<string>): Promise<ExitCode> {
  return steer(call, async (session, batchId) => {
    await takeUp(session, batchId);
    return act(session.hummingbatch.batch(batchId));
  });
}

function leave(call: Call, { store }: Session, progress: BatchProgress): ExitCode {
  const { output, flags } = call;
  output.say(describeBatch(progress, call));
  output.say(`To follow it: ${formatCommand('watch', progress.batchId, flags)}`);
  output.printJson(summaryJson(progress, store));
  return EXIT.done;
}
