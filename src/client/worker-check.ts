import type { Client } from '@temporalio/client';
import { HummingbatchError } from '../contract/index.ts';
import { ANSWER_WITHIN_MS } from './temporal.ts';

const WORKFLOW_QUEUE = 1;

/**
 * Fails where no worker polls the queue: everything that needs the workflow would hang.
 *
 * @throws `no-worker` within 5 s
 */
export async function requireWorker(client: Client, taskQueue: string): Promise<void> {
  const { pollers } = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
    client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType: WORKFLOW_QUEUE,
    }),
  );
  // Temporal remembers a poller for five minutes after it was last seen.
  const recently = Date.now() - 90_000;
  const alive = (pollers ?? []).some(
    ({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) * 1000 > recently,
  );
  if (!alive) throw new HummingbatchError('no-worker', `No worker serves the task queue ${taskQueue}.`);
}

/**
 * An answer that only a worker can give, or that there is none: a message to a queue that nobody serves is kept waiting by
 * Temporal until its deadline.
 *
 * @throws `no-worker`
 */
export async function orNoWorker<T>(client: Client, taskQueue: string, answer: Promise<T>): Promise<T> {
  const unserved = requireWorker(client, taskQueue).then(
    () => answer,
    // Who may not look at queues waits for the answer.
    (error) => (error instanceof HummingbatchError ? Promise.reject(error) : answer),
  );
  // Whichever is second is heard by nobody.
  for (const either of [unserved, answer]) either.catch(() => undefined);
  return Promise.race([answer, unserved]);
}
