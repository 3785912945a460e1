import { type BatchProgress, isEnd, workflowIdOf } from '../contract/index.ts';
import type { Call } from './call.ts';
import { commandOf } from './commands.ts';
import { EXIT, EXIT_OF_STATE, type ExitCode } from './exit-codes.ts';
import { createProgressView } from './progress-bar.ts';
import type { Session } from './session.ts';
import { describeEnd, summaryJson } from './summary.ts';

/** Follows a batch to its end or next stop, says what it came to, and prints `run`'s JSON. */
export async function followToEnd(call: Call, session: Session, batchId: string): Promise<ExitCode> {
  sayLink(call, session, batchId);
  const progress = await follow(call, session, batchId);
  if (!progress) return EXIT.interrupted;
  return endWith(call, session, progress);
}

/** The last words over a batch, and the exit code that says them to the shell. */
export function endWith(call: Call, { store }: Pick<Session, 'store'>, progress: BatchProgress): ExitCode {
  call.output.say(describeEnd(progress, store, call));
  call.output.printJson(summaryJson(progress, store));
  return EXIT_OF_STATE[progress.state];
}

/** Where the batch stands when it ends or stops; undefined where it was interrupted, which is said. */
async function follow(call: Call, session: Session, batchId: string): Promise<BatchProgress | undefined> {
  const { output, signal } = call;
  const view = await createProgressView(output);
  try {
    return await Promise.race([untilStill(session, batchId, signal, view.show), session.fallen]);
  } catch (error) {
    if (!signal.aborted) throw error;
    view.stop();
    sayInterrupted(call, session, batchId);
    return undefined;
  } finally {
    view.stop();
  }
}

async function untilStill(
  { hummingbatch }: Session,
  batchId: string,
  signal: AbortSignal,
  show: (progress: BatchProgress) => void,
): Promise<BatchProgress | undefined> {
  let last: BatchProgress | undefined;
  for await (const progress of hummingbatch.batch(batchId).watch(signal)) {
    signal.throwIfAborted();
    show(progress);
    last = progress;
    if (isStill(progress)) return progress;
  }
  return last;
}

/** It ended, or waits for a person. */
export function isStill({ state }: BatchProgress): boolean {
  return isEnd(state) || state === 'NEEDS_ATTENTION' || state === 'AWAITING_APPROVAL';
}

function sayLink({ output }: Call, { uiUrl, namespace }: Session, batchId: string): void {
  const run = encodeURIComponent(workflowIdOf(batchId));
  if (uiUrl) output.say(output.paint('dim', `In detail: ${uiUrl}/namespaces/${namespace}/workflows/${run}`));
}

function sayInterrupted({ output, flags }: Call, { drives }: Session, batchId: string): void {
  output.say(
    drives
      ? `Interrupted: the batch ${batchId} stands still here, and Google goes on with its job. Nothing is lost.`
      : `Interrupted: the batch ${batchId} goes on.`,
  );
  output.say(`Come back with the same command, or with: ${commandOf('watch', batchId, flags)}`);
}
