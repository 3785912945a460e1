import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { HummingbatchError } from '../contract/index.ts';
import { readServerTime, toMs } from './server-time.ts';
import { ANSWER_WITHIN_MS } from './temporal.ts';

const WORKFLOW_QUEUE = 1;
/** A worker answers within milliseconds: with each message a look at the queue would be one more call for nothing. */
const LOOK_AFTER_MS = 500;
/** A worker polls again at least every 60 s. */
const POLLED_WITHIN_MS = 90_000;

/**
 * Fails where no worker polls the queue: everything that needs the workflow would hang.
 *
 * @throws `no-worker` within 10 s
 */
export async function requireWorker(client: Client, taskQueue: string): Promise<void> {
  const { pollers } = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_QUEUE,
    }),
  );
  // Temporal lists a poller for five minutes after its last poll, by its own clock.
  const latest = Math.max(0, ...(pollers ?? []).map(({ lastAccessTime }) => toMs(lastAccessTime ?? {})));
  const sinceMs = Date.now() - latest;
  // By a wrong clock of this machine no worker would be found, or one that ended long ago.
  const isDoubtful = latest > 0 && (sinceMs < -1_000 || sinceMs > POLLED_WITHIN_MS);
  const now = isDoubtful ? await readServerTime(client) : Date.now();
  // Where nobody tells the time, whoever sends something finds out by its own deadline.
  const isAlive = now === undefined || now - latest <= POLLED_WITHIN_MS;
  if (!isAlive) throw new HummingbatchError('no-worker', `No worker serves the task queue ${taskQueue}.`);
}

/**
 * {@link requireWorker} for a caller that may not describe queues: it counts as served.
 *
 * @throws `no-worker`
 */
export async function requireWorkerIfKnown(client: Client, taskQueue: string): Promise<void> {
  await requireWorker(client, taskQueue).catch((error: unknown) => {
    if (error instanceof HummingbatchError) throw error;
  });
}

/**
 * The answer of a worker, or the error that the queue has no worker, half a second later: Temporal keeps a message for such a
 * queue until the message's deadline.
 *
 * @throws `no-worker`
 */
export async function orNoWorker<T>(client: Client, taskQueue: string, answer: Promise<T>): Promise<T> {
  const answered = new AbortController();
  const unserved = pause(LOOK_AFTER_MS, undefined, { signal: answered.signal })
    .then(() => requireWorkerIfKnown(client, taskQueue))
    .then(() => answer);
  // The one that loses the race must not become an unhandled rejection.
  for (const either of [unserved, answer]) either.catch(() => undefined);
  return Promise.race([answer, unserved]).finally(() => answered.abort());
}
