import { saveProgress } from '../client/index.ts';
import { type BatchProgress, HummingbatchError, isEnd, toWorkflowId } from '../contract/index.ts';
import { waitForDeliveries } from '../host/wait-for-deliveries.ts';
import type { Call } from './call.ts';
import { formatCommand } from './commands.ts';
import { EXIT, EXIT_OF_STATE, type ExitCode } from './exit-codes.ts';
import { createProgressView } from './render/progress-bar.ts';
import { describeEnd, statusJson, summaryJson } from './render/summary.ts';
import type { Session } from './session.ts';

/** Follows a batch to its end or next stop, says what it came to, and prints `run`'s JSON. */
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

/** The last words over a batch, and the exit code that says them to the shell. */
export function endWith(call: Call, { store }: Pick<Session, 'store'>, progress: BatchProgress): ExitCode {
  call.output.say(describeEnd(progress, store, call));
  call.output.printJson(summaryJson(progress, store));
  return EXIT_OF_STATE[progress.state];
}

type Hear = (progress: BatchProgress) => void;

/** Where the batch stands when it ends or stops; undefined where it was interrupted, which is said. */
async function follow(
  call: Call,
  session: Session,
  batchId: string,
  kind: 'bar' | 'screen',
  hear: Hear,
): Promise<BatchProgress | undefined> {
  const { output, signal } = call;
  sayLink(call, session, batchId);
  const view = await createProgressView(output, kind);
  const over = new AbortController();
  const still = waitUntilIdle(session, batchId, AbortSignal.any([signal, over.signal]), (progress) => {
    hear(progress);
    if (!isStill(progress)) view.show(progress);
  });
  try {
    return await Promise.race([still, session.failed]);
  } catch (error) {
    if (!signal.aborted) throw error;
    view.stop();
    sayInterrupted(call, session, batchId);
    return undefined;
  } finally {
    view.stop();
    // A call that is still under way would find its connection closed, and throw where nobody can catch it.
    over.abort();
    await still.catch(() => undefined);
  }
}

/** Keeps every change in the store too, so that `status` can tell it when no Temporal runs. */
export async function waitUntilIdle(
  { hummingbatch, store, client, ownsWorker }: Session,
  batchId: string,
  signal: AbortSignal,
  hear: Hear,
): Promise<BatchProgress> {
  for await (const progress of hummingbatch.batch(batchId).progress(signal)) {
    await saveProgress(store, progress);
    signal.throwIfAborted();
    hear(progress);
    if (!isStill(progress)) continue;
    if (ownsWorker) await waitForDeliveries(client, batchId);
    return progress;
  }
  throw new HummingbatchError('internal', `The batch ${batchId} ended without a state.`);
}

/** It ended, or waits for a person. */
export function isStill({ state }: BatchProgress): boolean {
  return isEnd(state) || state === 'NEEDS_ATTENTION' || state === 'AWAITING_APPROVAL';
}

function sayLink({ output }: Call, { uiUrl, namespace }: Session, batchId: string): void {
  const run = encodeURIComponent(toWorkflowId(batchId));
  if (uiUrl) output.say(output.paint('dim', `In detail: ${uiUrl}/namespaces/${namespace}/workflows/${run}`));
}

function sayInterrupted({ output, flags }: Call, { ownsWorker }: Session, batchId: string): void {
  output.say(
    ownsWorker
      ? `Interrupted: the batch ${batchId} stands still here, and Google goes on with its job. Nothing is lost.`
      : `Interrupted: the batch ${batchId} goes on.`,
  );
  output.say(`Come back with the same command, or with: ${formatCommand('watch', batchId, flags)}`);
}
