import type { Client } from '@temporalio/client';
import { HummingbatchError, jobEventSignal, toWorkflowId } from '../contract/index.ts';
import { jobPlace } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { toClientError } from './errors.ts';
import { ANSWER_WITHIN_MS } from './temporal.ts';

/** An event of a job at Google. */
export interface JobEvent {
  /** `batches/…` */
  job: string;
}

/** Whether a running batch got the event. A Google project may have jobs of no batch in this store. */
export type JobEventResult = 'delivered' | 'no-recipient';

export async function sendJobEvent(client: Client, store: Store, { job }: JobEvent): Promise<JobEventResult> {
  const key = jobPlace(job);
  if (!key)
    throw new HummingbatchError('usage', 'The job must be `batches/…`.', {
      fix: 'Send the name that Google uses: `batches/` and the id.',
    });
  const known = await getJson<{ batchId: string }>(store, key);
  if (!known) return 'no-recipient';
  const { batchId } = known;
  const handle = client.workflow.getHandle(toWorkflowId(batchId));
  try {
    await client.withDeadline(Date.now() + ANSWER_WITHIN_MS, () => handle.signal(jobEventSignal, { job }));
    return 'delivered';
  } catch (error) {
    const failed = toClientError(error, batchId);
    // Its workflow has ended, or Temporal has lost it: nothing waits for the event.
    if (failed.code === 'batch-unknown') return 'no-recipient';
    throw failed;
  }
}
