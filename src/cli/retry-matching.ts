import {
  type BatchProgress,
  type BatchState,
  HummingbatchError,
  type RetrySelector,
} from '../contract/index.ts';
import type { Call } from './call.ts';
import { confirm } from './confirm.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { followMany } from './follow-many.ts';
import { readListFilter } from './list-filter.ts';
import { describeActions } from './render/actions.ts';
import { errorJson } from './render/output.ts';
import { describeRetry } from './render/retry.ts';
import { formatState } from './render/summary.ts';
import { type RetryOutcome, retryBatches } from './retry-batches.ts';
import { openSession, type Session } from './session.ts';
import { existingStore, readConfig } from './store.ts';

/** A person who must confirm does not read more. */
const MAX = 10_000;

/** States in which a retry has an effect. */
const RETRIED: readonly BatchState[] = ['NEEDS_ATTENTION', 'COMPLETED_WITH_FAILURES', 'CANCELLED', 'FAILED'];

/**
 * Retries all batches that match the flags, after showing them. A batch whose submission is unknown is left out: only Google's
 * own list shows whether its job exists, so an operator has to settle each one.
 */
export async function retryMatching(call: Call, choice: RetrySelector): Promise<ExitCode> {
  const { output, flags } = call;
  const filter = readListFilter(flags);
  requireStates(filter.states);
  const config = await readConfig(call);
  const store = await existingStore(call, config);
  if (!store) {
    output.say('There is no store here yet, so there are no batches.');
    output.printJson({ batches: [] });
    return EXIT.done;
  }
  const session = await openSession(call, config, store);
  try {
    const { batches } = await session.hummingbatch.list({ ...filter, limit: MAX });
    const outcomes = await retryIfConfirmed(call, session, batches, choice);
    report(call, outcomes);
    const retried = outcomes.filter((one) => one.retried).map(({ batchId }) => batchId);
    if (session.ownsWorker && retried.length > 0) await followMany(call, session, retried);
    return outcomes.some(({ error }) => error) ? EXIT.error : EXIT.done;
  } finally {
    await session.close();
  }
}

/** @throws `usage` without a state, or for one in which a retry has no effect */
function requireStates(states: readonly BatchState[] | undefined): void {
  if (!states) throw missingFilter();
  const useless = states.find((state) => !RETRIED.includes(state));
  if (useless) throw nothingToRetry(useless);
}

async function retryIfConfirmed(
  call: Call,
  session: Session,
  batches: readonly BatchProgress[],
  choice: RetrySelector,
): Promise<RetryOutcome[]> {
  const chosen = batches.filter((batch) => !isUnknown(batch));
  for (const line of describeRetry(chosen, batches.filter(isUnknown), call.flags)) call.output.say(line);
  const isSure = chosen.length > 0 && (await confirmed(call, chosen.length));
  if (isSure) return retryBatches(session.hummingbatch, chosen, choice);
  return chosen.map(({ batchId }) => ({ batchId, retried: false }));
}

function isUnknown({ stop }: BatchProgress): boolean {
  return stop?.code === 'submission-unknown';
}

async function confirmed(call: Call, count: number): Promise<boolean> {
  const { output, flags } = call;
  const what = count === 1 ? 'this batch' : `these ${count} batches`;
  if (flags.yes) return true;
  const isSure = (await confirm(call, `Retry ${what}?`)) ?? false;
  if (!isSure) output.say(`Nothing was retried. To retry ${what}, call the command again with --yes.`);
  return isSure;
}

function report({ output, flags }: Call, outcomes: RetryOutcome[]): void {
  for (const { batchId, retried, error } of outcomes) {
    if (retried) output.say(`The batch ${batchId} continues.`);
    else if (error)
      output.say(
        [
          `${output.paint('red', batchId)}: ${error.message} ${error.fix}`,
          ...describeActions(error.actions, flags),
        ].join('\n'),
      );
  }
  output.printJson({
    batches: outcomes.map(({ error, ...one }) => ({
      ...one,
      ...(error && { error: errorJson(error, flags) }),
    })),
  });
}

function missingFilter(): HummingbatchError {
  return new HummingbatchError('usage', 'Neither a batch nor a state is named.', {
    fix: 'Name its id, or a state with --state, such as needs-attention.',
    actions: [{ action: 'list-batches' }],
  });
}

function nothingToRetry(state: BatchState): HummingbatchError {
  return new HummingbatchError('usage', `A batch that is ${formatState(state)} has nothing to retry.`, {
    fix: `States that have: ${RETRIED.map(formatState).join(', ')}.`,
  });
}
