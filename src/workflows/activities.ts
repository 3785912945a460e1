import {
  ActivityCancellationType,
  type ActivityOptions,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { DELIVERY_RETRY } from '../contract/notify.ts';
import { toTransferQueue } from '../contract/queues.ts';

/** All activities except the local one, `saveProgress`. */
type Step = Exclude<keyof Activities, 'saveProgress'>;

/**
 * Every timeout and retry of every step, in one table.
 *
 * - Each step sends a heartbeat every 3 s. 10 s without one means that the worker died or its process is frozen; another
 *   worker then takes the step.
 * - `startToClose` bounds a step that sends heartbeats without progress.
 * - Attempts are few, because a stop retries more slowly (after 30 min, doubling).
 */
const QUICK: ActivityOptions = {
  heartbeatTimeout: '10s',
  startToCloseTimeout: '2m',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '30s', maximumAttempts: 8 },
};

const TRANSFER: ActivityOptions = {
  ...QUICK,
  // 2 GB at 200 kB/s take 3 h.
  startToCloseTimeout: '4h',
  retry: { initialInterval: '1s', backoffCoefficient: 2, maximumInterval: '1m', maximumAttempts: 8 },
};

const OPTIONS: Record<Step, ActivityOptions & { transfer?: true }> = {
  prepare: { ...TRANSFER, transfer: true },
  stageRound: { ...TRANSFER, transfer: true },
  // Two complete passes over LIST with a pause between them.
  findJob: { ...QUICK, startToCloseTimeout: '3m' },
  // The HTTP deadline is 20 s. A further attempt cannot pay: the permit is taken, so it only returns its answer.
  createJob: { ...QUICK, startToCloseTimeout: '30s' },
  // A short outage at Google must not stop the batch: with waits doubling to 5 min, 14 attempts take half an hour.
  checkJob: {
    ...QUICK,
    // It may list the jobs of the round, as findJob does.
    startToCloseTimeout: '3m',
    retry: { ...QUICK.retry, maximumInterval: '5m', maximumAttempts: 14 },
  },
  // It counts its own attempts: 5 at the same checkpoint stop the batch.
  collectRound: {
    ...TRANSFER,
    transfer: true,
    retry: { ...TRANSFER.retry, maximumAttempts: Number.POSITIVE_INFINITY },
  },
  report: { ...TRANSFER, transfer: true },
  cancelJob: QUICK,
  putScheduled: QUICK,
  // Google deletes the remaining files after 48 h.
  cleanUp: { ...QUICK, retry: { ...QUICK.retry, maximumAttempts: 3 } },
  // The HTTP deadline is 15 s. No batch waits for it, so its retries may take days.
  notify: { ...QUICK, startToCloseTimeout: '30s', retry: DELIVERY_RETRY },
};

/** Schedules an activity with its options and a summary for the Temporal UI. */
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
