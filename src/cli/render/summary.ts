import { join } from 'node:path';
import { formatCost } from '../../batch/money.ts';
import { availableActions, type BatchProgress, type BatchState, isEnd } from '../../contract/index.ts';
import { batchPlaces } from '../../contract/places.ts';
import type { Store } from '../../store/store.ts';
import type { Call } from '../call.ts';
import { actionsJson, describeActions, nextCommand } from './actions.ts';

/** A state as people write and read it: `needs-attention`. */
export function formatState(state: BatchState): string {
  return state.toLowerCase().replaceAll('_', '-');
}

/** The last object of `run --json`. */
export function summaryJson(progress: BatchProgress, store: Store) {
  const { batchId, state, outputs, round, jobs, costUsd } = progress;
  const { total, image, refused, failed, missing } = outputs;
  return {
    batchId,
    state,
    outputs: { total, image, refused, failed, missing },
    rounds: round,
    jobs: jobs.map(({ name }) => name),
    costUsd,
    directory: batchDirectory(progress, store),
  };
}

/** A batch in `status --json` and `list --json`; absent values are null. */
export function statusJson(progress: BatchProgress, store: Store, call: Call) {
  const { model, labels = [], startedAt, round, job, lastCheck, nextCheck, stop } = progress;
  return {
    ...summaryJson(progress, store),
    model: model ?? null,
    labels,
    startedAt,
    round,
    job: job ?? null,
    lastCheck: lastCheck ?? null,
    nextCheck: nextCheck ?? null,
    reason: stop?.code ?? null,
    message: stop?.message ?? null,
    next: nextCommand(progress, call.flags) ?? null,
    actions: actionsJson(availableActions(progress), call.flags),
  };
}

export function batchDirectory({ batchId }: Pick<BatchProgress, 'batchId'>, store: Store): string {
  return join(store.location, batchPlaces(batchId).folder);
}

/** Where a batch stands, for people. */
export function describeBatch(progress: BatchProgress, call: Call): string {
  const { batchId, state, stop, quota, job, check, lastCheck, nextCheck, costUsd } = progress;
  const { paint } = call.output;
  return [
    `${paint('bold', batchId)}: ${paint(COLOUR[state], formatState(state))}`,
    describeOutputs(progress),
    ...(job && !isEnd(state) ? [`Job ${job}${check ? ` is ${check.jobState}` : ''}.`] : []),
    ...(lastCheck && !isEnd(state)
      ? [`Last checked at ${formatTime(lastCheck)}${nextCheck ? `, next at ${formatTime(nextCheck)}` : ''}.`]
      : []),
    ...(quota
      ? [`Google is at its limit since ${formatTime(quota.since)}; next try at ${formatTime(quota.nextTry)}.`]
      : []),
    `Cost: ${formatCost(costUsd)}.`,
    ...(stop ? [stop.message, stop.fix] : []),
  ].join('\n');
}

/** How a batch ended or stopped, and the next step: what a command prints at its end. */
export function describeEnd(progress: BatchProgress, store: Store, call: Call): string {
  const { state, stop } = progress;
  const [, ...others] = availableActions(progress);
  const directory = batchDirectory(progress, store);
  const next = nextCommand(progress, call.flags);
  return [
    describeBatch(progress, call),
    ...(isEnd(state) && state !== 'FAILED'
      ? [`Images and records: ${directory}`, `Report: ${join(directory, 'report.html')}`]
      : []),
    ...(next ? [`${STEP_ON[state] ?? 'The next step'}: ${next}`] : []),
    // A batch that the store has lost was paid for.
    ...(state === 'CANCELLED' || (state === 'FAILED' && stop?.code !== 'store-behind')
      ? ['A fresh batch of the same manifest: the `run` command again with --new']
      : []),
    ...(others.length > 0 ? ['Or:', ...describeActions(others, call.flags)] : []),
  ].join('\n');
}

const STEP_ON: Partial<Record<BatchState, string>> = {
  AWAITING_APPROVAL: 'Its price is above its limit. To approve it',
  NEEDS_ATTENTION: 'It has stopped and loses nothing. The next step',
  COMPLETED_WITH_FAILURES: 'To make again what is missing',
  CANCELLED: 'To make what is missing',
  FAILED: 'To start it again',
};

export const COLOUR: Record<BatchState, 'green' | 'yellow' | 'red' | 'cyan'> = {
  PREPARING: 'cyan',
  AWAITING_APPROVAL: 'yellow',
  STAGING: 'cyan',
  SUBMITTING: 'cyan',
  WAITING: 'cyan',
  COLLECTING: 'cyan',
  REPORTING: 'cyan',
  CANCELLING: 'yellow',
  NEEDS_ATTENTION: 'yellow',
  COMPLETED: 'green',
  COMPLETED_WITH_FAILURES: 'yellow',
  CANCELLED: 'yellow',
  FAILED: 'red',
};

function describeOutputs({ outputs, round }: BatchProgress): string {
  const { total, image, refused, failed, missing } = outputs;
  const others = [
    [refused, 'refused'],
    [failed, 'failed'],
    [missing, 'missing'],
  ].flatMap(([count, word]) => (count ? [`${count} ${word}`] : []));
  const rest = others.length > 0 ? ` (${others.join(', ')})` : '';
  return `${image} of ${total} images${rest}, ${round} ${round === 1 ? 'round' : 'rounds'}.`;
}

function formatTime(iso: string): string {
  return new Date(iso).toLocaleTimeString();
}
