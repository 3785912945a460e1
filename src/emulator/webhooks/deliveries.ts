import { openRecords } from '../files/records.ts';
import type { JobRecord } from '../jobs/jobs.ts';
import type { JobEvent } from './events.ts';
import type { WebhookRecord } from './webhooks.ts';

/** What a fault plan has for an event. */
export interface EventFaults {
  /** How often it is sent, in place of once. */
  copies?: number;
  /** ms, before it is sent for the first time. */
  lateMs?: number;
}

/** One event on its way to one endpoint. */
export interface Delivery {
  /** Of endpoint and job: a job has one end, and so one event. */
  id: string;
  webhook: string;
  /** The header `webhook-id`: the same with each try, by which a receiver knows it again. */
  messageId: string;
  body: string;
  /** ms since 1970: when it was due first. */
  since: number;
  tries: number;
  /** ms since 1970. */
  nextTry: number;
  /** How often it is still to arrive; 0: it is settled. */
  left: number;
}

export type Deliveries = Awaited<ReturnType<typeof openDeliveries>>;

/** All there ever were, settled ones too: so that after a restart nothing is told anew that was told. */
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
    /** Those that have not arrived. */
    open: (): Delivery[] => [...open.values()],

    /** Where it is there already nothing happens, and `fate` is not asked. */
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
