import { type BatchProgress, HummingbatchError, toWorkflowId } from '../contract/index.ts';
import { followUntilIdle, isIdle } from '../host/follow.ts';
import type { Call } from './call.ts';
import { formatCommand } from './commands.ts';
import { EXIT, EXIT_OF_STATE, type ExitCode } from './exit-codes.ts';
import { createProgressView } from './render/progress-view.ts';
import { describeEnd, statusJson, summaryJson } from './render/summary.ts';
import type { Session } from './session.ts';

/** Follows a batch to its end or next stop, and prints its summary or `run`'s JSON. */
export async function followToEnd(call: Call, session: Session, batchId: string): Promise<ExitCode> {
  const progress = await follow(call, session, batchId, 'bar', () => undefined);
  return progress ? endWith(call, session, progress) : EXIT.interrupted;
}

/** The same with `status`'s JSON, a line for every change. */
export async function followEachChange(call: Call, session: Session, batchId: string): Promise<ExitCode> {
  const { output } = call;
  const { store } = session;
  const progress = await follow(call, session, batchId, 'screen', (change) =>
    output.printJson(statusJson(change, store, call)),
  );
  if (!progress) return EXIT.interrupted;
  output.say(describeEnd(progress, store, call));
  return EXIT_OF_STATE[progress.state];
}

/** Prints how a batch stands in the end; answers with the exit code. */
export function endWith(call: Call, { store }: Pick<Session, 'store'>, progress: BatchProgress): ExitCode {
  call.output.say(describeEnd(progress, store, call));
  call.output.printJson(summaryJson(progress, store));
  return EXIT_OF_STATE[progress.state];
}

type OnChange = (progress: BatchProgress) => void;

/** Where the batch stands when it ends or stops; undefined where Ctrl-C came first, after a message that says so. */
async function follow(
  call: Call,
  session: Session,
  batchId: string,
  kind: 'bar' | 'screen',
  onChange: OnChange,
): Promise<BatchProgress | undefined> {
  const { output, signal } = call;
  sayLink(call, session, batchId);
  const view = await createProgressView(output, kind);
  const over = new AbortController();
  const idle = waitUntilIdle(session, batchId, AbortSignal.any([signal, over.signal]), (progress) => {
    onChange(progress);
    if (!isIdle(progress)) view.show(progress);
  });
  try {
    return await Promise.race([idle, session.failed]);
  } catch (error) {
    if (!signal.aborted) throw error;
    view.stop();
    sayInterrupted(call, session, batchId);
    return undefined;
  } finally {
    view.stop();
    // A call that is still open would find its connection closed, and throw where nobody can catch it.
    over.abort();
    await idle.catch(() => undefined);
  }
}

/** Where a batch stands when it ends or waits for an operator. */
export async function waitUntilIdle(
  session: Session,
  batchId: string,
  signal: AbortSignal,
  onChange: OnChange,
): Promise<BatchProgress> {
  for await (const progress of followUntilIdle(session, batchId, signal)) {
    onChange(progress);
    if (isIdle(progress)) return progress;
  }
  throw new HummingbatchError('internal', `The batch ${batchId} ended without a state.`);
}

function sayLink({ output }: Call, { uiUrl, namespace }: Session, batchId: string): void {
  const run = encodeURIComponent(toWorkflowId(batchId));
  if (uiUrl)
    output.say(output.paint('dim', `Temporal UI: ${uiUrl}/namespaces/${namespace}/workflows/${run}`));
}

function sayInterrupted({ output, flags }: Call, { ownsWorker }: Session, batchId: string): void {
  output.say(
    ownsWorker
      ? `Interrupted: the batch ${batchId} is paused here, and its job at Google continues. Nothing is lost.`
      : `Interrupted: the batch ${batchId} continues.`,
  );
  output.say(`To continue, call the same command, or: ${formatCommand('watch', batchId, flags)}`);
}
