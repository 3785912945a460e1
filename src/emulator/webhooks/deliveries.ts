import { openRecords } from '../files/records.ts';
import type { JobRecord } from '../jobs/jobs.ts';
import type { JobEvent } from './events.ts';
import type { WebhookRecord } from './webhooks.ts';

/** The faults of an event. */
export interface EventFaults {
  /** How often it is delivered. Default 1. */
  copies?: number;
  /** The delay before the first attempt, ms. */
  lateMs?: number;
}

/** The delivery of one event to one endpoint. */
export interface Delivery {
  /** Made of endpoint and job: a job ends once, so it has one event. */
  id: string;
  webhook: string;
  /** The header `webhook-id`, the same in each attempt, so that a receiver can recognise the event. */
  messageId: string;
  body: string;
  /** When it was due first, ms since 1970. */
  since: number;
  tries: number;
  /** When the next attempt is due, ms since 1970. */
  nextTry: number;
  /** How often it must still be delivered; 0: it is done. */
  left: number;
}

export type Deliveries = Awaited<ReturnType<typeof openDeliveries>>;

/** Opens all deliveries, including those that are done, so that a restart sends no event again. */
export async function openDeliveries(directory: string) {
  const records = await openRecords<Delivery>(directory);
  const open = new Map((await records.all()).filter(({ left }) => left > 0).map((one) => [one.id, one]));

  async function save(delivery: Delivery): Promise<void> {
    await records.put(delivery.id, delivery);
    if (delivery.left > 0) open.set(delivery.id, delivery);
    else open.delete(delivery.id);
  }

  return {
    save,
    /** The deliveries that are not done. */
    open: (): Delivery[] => [...open.values()],

    /** Adds a delivery. Does nothing where it exists; then `chooseFaults` is not called. */
    async add(
      webhook: WebhookRecord,
      job: JobRecord,
      { payload, time }: JobEvent,
      chooseFaults: () => EventFaults,
    ): Promise<void> {
      const id = `${webhook.id}-${job.id}`;
      if (await records.get(id)) return;
      const { copies = 1, lateMs = 0 } = chooseFaults();
      await save({
        id,
        webhook: webhook.id,
        messageId: `msg_${id}`,
        body: JSON.stringify(payload),
        since: time,
        tries: 0,
        nextTry: time + lateMs,
        left: copies,
      });
    },
  };
}
