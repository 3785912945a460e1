import { CancellationScope, log, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { NotifyInput } from '../activities/types.ts';
import {
  type BatchProgress,
  NOTIFY_WORKFLOW_TYPE,
  parseOrigin,
  type WebhookEvent,
  type WebhookEventType,
} from '../contract/index.ts';
import type { Batch } from './batch.ts';

/**
 * Notifies every target with a workflow of its own, which may outlive the batch: the batch neither waits for a receiver nor
 * fails with it. The content of the event is fixed here.
 */
export async function notify({ id, options, progress }: Batch, type: WebhookEventType): Promise<void> {
  const { notify = [] } = options;
  if (notify.length === 0) return;
  const at = Date.now();
  const event = buildEvent(type, progress, at);
  // The time is the history's: a replay or a reset gives the same names, a later run gives others.
  const name = `${type.replace('batch.', '')}/${at}`;
  const inputs = notify.map(
    (target): NotifyInput => ({
      batchId: id,
      // Any worker of the queue may send it: it needs only the secret.
      where: {},
      // Without full stops, which separate the signed parts.
      id: `${id}_${name.replace('/', '_')}`,
      event,
      target,
    }),
  );
  await CancellationScope.nonCancellable(() =>
    Promise.all(
      inputs.map((input, index) => startDelivery(input, `notify-batch/${id}/${name}/${index + 1}`)),
    ),
  );
}

/** Returns when Temporal has started it: a batch that ended earlier might end it too. */
async function startDelivery(input: NotifyInput, workflowId: string): Promise<void> {
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
    // It exists already, or Temporal accepts no more: the batch must not fail for that.
    log.warn('an event is not delivered', { batch: batchId, event: event.type, error: String(error) });
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
