import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { DELIVERY_RETRY } from '../contract/notify.ts';
import { toTransferQueue } from '../contract/queues.ts';

/** All but what is local: `saveProgress`. */
type Step = Exclude<keyof Activities, 'saveProgress'>;

/**
 * Every timeout and retry of every step, in one table.
 *
 * - A heartbeat is sent every 3 s by each step, whatever it does: 10 s without one is a worker that died, or a process
 *   that stands still; another worker then takes over.
 * - `startToClose` bounds a step that goes on living without getting anywhere.
 * - Attempts are few where a stop with its own slow retries (every 30 min) is the better way to wait.
 */
const QUICK: ActivityOptions = {
  heartbeatTimeout: '10s',
  startToCloseTimeout: '2m',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 8 },
};

const TRANSFER: ActivityOptions = {
  ...QUICK,
  // 2 GB at 200 kB/s take three hours.
  startToCloseTimeout: '4h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 8 },
};

const OPTIONS: Record<Step, ActivityOptions & { transfer?: true }> = {
  prepare: { ...TRANSFER, transfer: true },
  stageRound: { ...TRANSFER, transfer: true },
  // Two complete passes over LIST with a pause between them.
  findJob: { ...QUICK, startToCloseTimeout: '3m' },
  // The HTTP deadline is 20 s. A further attempt cannot pay: the permit is taken, so it only tells what is known.
  createJob: { ...QUICK, startToCloseTimeout: '30s' },
  // An outage of Google's of some minutes is no reason to stop: with the waits doubling to 5 min, 14 tries are half an hour.
  checkJob: {
    ...QUICK,
    // It may look for the other jobs of the round, as findJob does.
    startToCloseTimeout: '3m',
    retry: { ...QUICK.retry, maximumInterval: '5m', maximumAttempts: 14 },
  },
  // Its own rule counts: it stops after 5 attempts at the same checkpoint.
  collectRound: {
    ...TRANSFER,
    transfer: true,
    retry: { ...TRANSFER.retry, maximumAttempts: Number.POSITIVE_INFINITY },
  },
  report: { ...TRANSFER, transfer: true },
  cancelJob: QUICK,
  putScheduled: QUICK,
  // What is left behind Google deletes by itself after 48 h.
  cleanUp: { ...QUICK, retry: { ...QUICK.retry, maximumAttempts: 3 } },
  // The HTTP deadline is 15 s. No batch waits for it, so it may go on for days.
  notify: { ...QUICK, startToCloseTimeout: '30s', retry: DELIVERY_RETRY },
};

/** Schedules an activity with its options and a summary that a person understands. */
export type RunActivity = <Name extends Step>(
  name: Name,
  summary: string,
  input: Parameters<Activities[Name]>[0],
) => ReturnType<Activities[Name]>;

export function activityRunner(): RunActivity {
  const { taskQueue } = workflowInfo();
  return ((name: Step, summary: string, input: unknown) => {
    const { transfer, ...options } = OPTIONS[name];
    const proxies = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
      ...options,
      summary,
      ...(transfer && { taskQueue: toTransferQueue(taskQueue) }),
    });
    return proxies[name]?.(input);
  }) as RunActivity;
}
