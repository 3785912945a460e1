import type { WebhookEvent } from '../contract/index.ts';
import { rejectWebhook, type SignedRequest, verifySignature } from './signature.ts';

/** An event as a receiver gets it. */
export interface ReceivedEvent extends WebhookEvent {
  /** The header `webhook-id`. An event may be delivered more than once: ignore an id that you have seen. */
  id: string;
}

/**
 * Verifies a webhook of hummingbatch and returns its event.
 *
 * @example
 * ```ts
 * const event = verifyWebhook({ headers: request.headers, body, secret: process.env.WEBHOOK_SECRET });
 * if (event.type === 'batch.ended') console.log(event.data.batchId, event.data.state);
 * ```
 * @throws `webhook-invalid` where it has no signature, its timestamp is more than 5 min away from now, no secret
 *   matches, or the body is no event; `usage` where a secret is not valid
 */
export function verifyWebhook(request: SignedRequest): ReceivedEvent {
  const { id, text } = verifySignature(request);
  const event = parse(text);
  if (!isEvent(event)) throw rejectWebhook('its signature is valid, but its body is not an event of a batch');
  return { ...event, id };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, so not an event: the caller throws.
    return undefined;
  }
}

/** Accepts types that only a later version sends. */
function isEvent(value: unknown): value is WebhookEvent {
  const { type, timestamp, data } = (value ?? {}) as Record<string, unknown>;
  if (typeof type !== 'string' || typeof timestamp !== 'string') return false;
  const { batchId, state } = (data ?? {}) as Record<string, unknown>;
  return typeof batchId === 'string' && typeof state === 'string';
}
