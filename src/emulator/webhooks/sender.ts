import { setTimeout as pause } from 'node:timers/promises';
import type { World } from '../world.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import { buildEvent } from './events.ts';
import { signedHeaders } from './sign.ts';
import type { WebhookRecord } from './webhooks.ts';

/** How often to look for ended jobs, ms. */
const POLL_INTERVAL_MS = 100;
/** The timeout for a receiver's answer, ms. */
const RESPONSE_TIMEOUT_MS = 5_000;
/** The most deliveries to one endpoint at a time. A receiver that hangs does not delay the others. */
const MAX_AT_ONCE = 10;
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 3_600_000;
/** Deliveries are given up after this time, as Google does. */
const MAX_DELIVERY_MS = 24 * 3_600_000;

export interface Sender {
  /** Aborts running deliveries; they are sent again after a restart. */
  close(): Promise<void>;
}

/**
 * Delivers the events of ended jobs to all endpoints, at least once each. A job's end follows from its record and the
 * clock, so nothing signals it: the sender polls.
 */
export function startSender(world: World, deliveries: Deliveries): Sender {
  const { webhooks, jobs, faults, ledger, now } = world;
  const closing = new AbortController();
  /** Jobs whose deliveries were added for every endpoint. */
  const announced = new Set<string>();
  const sending = new Map<Delivery['id'], { webhook: string; sent: Promise<void> }>();

  async function sendDue(): Promise<void> {
    const endpoints = webhooks.all();
    if (endpoints.length > 0) await announce(endpoints);
    for (const delivery of deliveries.open()) {
      const endpoint = endpoints.find(({ id }) => id === delivery.webhook);
      if (!endpoint) await deliveries.save({ ...delivery, left: 0 });
      else if (canSend(delivery)) send(endpoint, delivery);
    }
  }

  async function announce(endpoints: readonly WebhookRecord[]): Promise<void> {
    for (const id of await jobs.ids()) {
      if (announced.has(id)) continue;
      // Before the record is read: a cancellation that is saved meanwhile must not be missed in a job that ends by then.
      const at = now();
      const job = await jobs.read(id);
      const event = job && buildEvent(job, at);
      if (!job || !event) continue;
      for (const endpoint of endpoints) {
        if (event.time >= endpoint.createTime && endpoint.subscribedEvents.includes(event.type))
          await deliveries.add(endpoint, job, event, () => faults.forEvent(job));
      }
      announced.add(id);
    }
  }

  function canSend({ id, webhook, nextTry }: Delivery): boolean {
    const toSameEndpoint = [...sending.values()].filter((other) => other.webhook === webhook);
    return nextTry <= now() && !sending.has(id) && toSameEndpoint.length < MAX_AT_ONCE;
  }

  function send(endpoint: WebhookRecord, delivery: Delivery): void {
    const sent = attempt(endpoint, delivery)
      .catch((error: unknown) => ledger.addFailure('webhooks', error))
      .finally(() => sending.delete(delivery.id));
    sending.set(delivery.id, { webhook: endpoint.id, sent });
  }

  async function attempt(endpoint: WebhookRecord, delivery: Delivery): Promise<void> {
    const hasArrived = await post(endpoint, delivery, now(), closing.signal);
    // It is unknown whether the event arrived, so it is sent again.
    if (closing.signal.aborted) return;
    ledger.countDelivery(hasArrived);
    await deliveries.save(
      hasArrived ? { ...delivery, left: delivery.left - 1 } : scheduleRetry(delivery, now()),
    );
  }

  async function run(): Promise<void> {
    while (!closing.signal.aborted) {
      await sendDue().catch((error: unknown) => ledger.addFailure('webhooks', error));
      // This timer does not keep the process alive. `close` ends it early.
      await pause(POLL_INTERVAL_MS, undefined, { ref: false, signal: closing.signal }).catch(() => undefined);
    }
  }

  const running = run();
  return {
    async close() {
      closing.abort();
      await running;
      await Promise.all([...sending.values()].map(({ sent }) => sent));
    },
  };
}

/** @returns whether the receiver answered 2xx in time */
async function post(
  { uri, secret }: WebhookRecord,
  { messageId, body }: Delivery,
  time: number,
  closing: AbortSignal,
): Promise<boolean> {
  try {
    const response = await fetch(uri, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...signedHeaders(secret, { id: messageId, body, time }),
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([closing, AbortSignal.timeout(RESPONSE_TIMEOUT_MS)]),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    // Unreachable, hanging or cut connections all count as not delivered.
    return false;
  }
}

function scheduleRetry(delivery: Delivery, now: number): Delivery {
  const tries = delivery.tries + 1;
  if (now - delivery.since > MAX_DELIVERY_MS) return { ...delivery, tries, left: 0 };
  return {
    ...delivery,
    tries,
    nextTry: now + Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** delivery.tries),
  };
}
