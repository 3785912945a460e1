import { CancellationScope, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { NotifyInput } from '../activities/types.ts';
import {
  type BatchProgress,
  NOTIFY_WORKFLOW_TYPE,
  parseOrigin,
  type Stop,
  type WebhookEvent,
  type WebhookEventType,
} from '../contract/index.ts';
import type { Batch } from './batch.ts';

/** Tells of a stop; not again of one that only looked again by itself and found the same. */
export async function notifyStop(batch: Batch, { step, code }: Stop): Promise<void> {
  const { lastNotifiedStop } = batch;
  if (lastNotifiedStop?.step === step && lastNotifiedStop.code === code) return;
  batch.lastNotifiedStop = { step, code };
  await notify(batch, 'batch.stopped');
}

/**
 * Tells every target, each by a workflow of its own that outlives the batch: however long a receiver is away, the batch
 * neither waits nor fails. What is told is fixed here.
 */
export async function notify({ id, options, progress }: Batch, type: WebhookEventType): Promise<void> {
  const { notify = [] } = options;
  if (notify.length === 0) return;
  const at = Date.now();
  const event = buildEvent(type, progress, at);
  // The time is the history's, so a replay or a reset names them as before, and a later run has others.
  const name = `${type.replace('batch.', '')}/${at}`;
  const inputs = notify.map(
    (target): NotifyInput => ({
      batchId: id,
      // Any worker of the queue may send it; what it needs is the secret.
      where: {},
      // Without the full stops that part what is signed.
      id: `${id}_${name.replace('/', '_')}`,
      event,
      target,
    }),
  );
  await CancellationScope.nonCancellable(() =>
    Promise.all(inputs.map((input, index) => begin(input, `notify-batch/${id}/${name}/${index + 1}`))),
  );
}

/** Returns when Temporal has it: a batch that ended before might take it along. */
async function begin(input: NotifyInput, workflowId: string): Promise<void> {
  const { batchId, event, target } = input;
  try {
    await startChild(NOTIFY_WORKFLOW_TYPE, {
      workflowId,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `${event.type} of ${batchId} to ${parseOrigin(target.url)}`,
    });
  } catch (error) {
    // It is there already, or Temporal takes no more: no reason for a batch to end otherwise than it does.
    log.warn('an event is not sent', { batch: batchId, event: event.type, error: String(error) });
  }
}

function buildEvent(
  type: WebhookEventType,
  { batchId, state, outputs, costUsd, stop }: BatchProgress,
  at: number,
): WebhookEvent {
  return {
    type,
    timestamp: new Date(at).toISOString(),
    data: { batchId, state, outputs, costUsd, ...(stop && { stop }) },
  };
}
