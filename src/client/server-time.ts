import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ANSWER_WITHIN_MS } from './temporal.ts';

/** No worker is started for it. Its name is fixed, so that Temporal keeps one queue for all questions. */
const TASK_QUEUE = 'hummingbatch-clock';
const WORKFLOW_QUEUE = 1;
const LOOKS = 20;
const LOOK_EVERY_MS = 50;

/**
 * The time by Temporal's clock, ms since 1970. No call of Temporal's API returns it, so this polls an empty queue, and reads when the
 * server saw the poll.
 *
 * @returns undefined where the server refuses the poll, or shows none within a second
 */
export async function readServerTime(client: Client): Promise<number | undefined> {
  const { namespace } = client.options;
  const identity = randomUUID();
  const taskQueue = { name: TASK_QUEUE };
  const answered = new AbortController();
  // Temporal refuses a poll without a deadline.
  const polling = client.withAbortSignal(answered.signal, () =>
    client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue, identity }),
    ),
  );
  polling.catch(() => undefined);
  try {
    for (let look = 0; look < LOOKS; look++) {
      const { pollers } = await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () =>
        client.workflowService.describeTaskQueue({ namespace, taskQueue, taskQueueType: WORKFLOW_QUEUE }),
      );
      const own = pollers?.find((poller) => poller.identity === identity)?.lastAccessTime;
      if (own) return toMs(own);
      await pause(LOOK_EVERY_MS);
    }
    return undefined;
  } finally {
    answered.abort();
  }
}

/** A time in an answer of Temporal, ms since 1970. */
export function toMs({ seconds, nanos }: { seconds?: unknown; nanos?: number | null }): number {
  return Number(seconds ?? 0) * 1000 + (nanos ?? 0) / 1e6;
}
