import type { WebhookEvent } from '../contract/index.ts';
import { invalid, type SignedRequest, verifySignature } from './signature.ts';

/** An event as a receiver has it. */
export interface ReceivedEvent extends WebhookEvent {
  /** The header `webhook-id`. An event may come more than once: who has seen its id leaves it alone. */
  id: string;
}

/**
 * Takes an event of hummingbatch that came in as a webhook, where it is signed as agreed.
 *
 * @example
 * ```ts
 * const event = verifyWebhook({ headers: request.headers, body, secret: process.env.WEBHOOK_SECRET });
 * if (event.type === 'batch.ended') console.log(event.data.batchId, event.data.state);
 * ```
 * @throws `webhook-invalid` where it is not signed, signed more than 5 min from now, by none of the secrets, or no event;
 *   `usage` where a secret is none
 */
export function verifyWebhook(request: SignedRequest): ReceivedEvent {
  const { id, text } = verifySignature(request);
  const event = parse(text);
  if (!isEvent(event)) throw invalid('it is signed, and no event of a batch');
  return { ...event, id };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON, so no event either: that is said.
    return undefined;
  }
}

/** Its type may be one that only a later version knows. */
function isEvent(value: unknown): value is WebhookEvent {
  const { type, timestamp, data } = (value ?? {}) as Record<string, unknown>;
  if (typeof type !== 'string' || typeof timestamp !== 'string') return false;
  const { batchId, state } = (data ?? {}) as Record<string, unknown>;
  return typeof batchId === 'string' && typeof state === 'string';
}
