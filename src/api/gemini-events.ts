import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { JobEventResult } from '../client/index.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { isJobName } from '../contract/job-name.ts';
import { isWebhookSecret, verifySignature } from '../webhooks/index.ts';
import { createDeduplication } from './event-deduplication.ts';

/**
 * The result of an event:
 *
 * - `delivered`: the batch that waits for this job asks Google now;
 * - `no-recipient`: the job belongs to no batch of this store, or its batch has ended;
 * - `repeated`: it was received before;
 * - `ignored`: it has another type.
 */
export type Received = JobEventResult | 'repeated' | 'ignored';

export interface GeminiEventsOptions {
  /** The signing secrets of the endpoints registered at Google, `whsec_…`; several while one is being replaced. */
  secrets: readonly string[];
  /** ms since 1970. */
  now: () => number;
  /** Delivers the event of a job: `jobEvent` of the client. */
  wake: (job: string) => Promise<JobEventResult>;
}

/** A request, unparsed. */
export interface GeminiRequest {
  /** Names in lower case, as Node gives them. */
  headers: IncomingHttpHeaders;
  /** The raw bytes, at most {@link MAX_EVENT_BYTES}: the signature covers them, not the parsed JSON. */
  body: Uint8Array;
}

export interface GeminiEvents {
  /**
   * Receives one event from Google.
   *
   * @throws `webhook-invalid` if its signature or its headers are missing or wrong, or its time is more than 5 minutes off;
   *   `invalid-response` if it cannot be read; and what `wake` throws, after which Google may send the same event again
   */
  receive(request: GeminiRequest): Promise<Received>;
}

/** Limit of an event's body, bytes. An event holds a type and some ids, less than 1 kB. */
export const MAX_EVENT_BYTES = 65_536;
/** Thousands of ids are kept in memory. */
const MAX_ID_CHARACTERS = 200;

/** The types that say that a job has ended. Every other type, of today or later, is ignored. */
const TYPES: readonly string[] = ['batch.succeeded', 'batch.failed', 'batch.expired', 'batch.cancelled'];

const Event = z.looseObject({ type: z.string() });
/**
 * Google's guide shows an invented id, and no real one is published. It may be the job's name, or the part of it after
 * the slash.
 */
const JobEvent = z.looseObject({
  data: z.looseObject({
    id: z
      .string()
      .transform((id) => (id.includes('/') ? id : `batches/${id}`))
      .refine(isJobName),
  }),
});

/**
 * The receiver of Gemini's static webhooks. It refuses what is not signed, handles each id once, and only makes the batch
 * check its job at Google.
 *
 * @throws `usage` without a secret, or with a malformed one
 */
export function createGeminiEvents({ secrets, now, wake }: GeminiEventsOptions): GeminiEvents {
  if (secrets.length === 0 || !secrets.every(isWebhookSecret))
    throw new HummingbatchError('usage', 'There is no signing secret for the events of Gemini.', {
      fix: 'Set HUMMINGBATCH_GEMINI_WEBHOOK_SECRET to the `new_signing_secret` of the webhook.',
    });
  const seen = createDeduplication(now);
  return {
    async receive({ headers, body }) {
      const { id, text } = verifySignature({ headers, body, secret: secrets, now: now() });
      if (id.length > MAX_ID_CHARACTERS) throw invalidResponse('has an id that is too long');
      return (await seen.once(id, () => handleEvent(readJson(text), wake))) ?? 'repeated';
    },
  };
}

async function handleEvent(value: unknown, wake: GeminiEventsOptions['wake']): Promise<Received> {
  const event = Event.safeParse(value);
  if (!event.success) throw invalidResponse('has no type');
  if (!TYPES.includes(event.data.type)) return 'ignored';
  const job = JobEvent.safeParse(value);
  if (!job.success) throw invalidResponse('names no job');
  return wake(job.data.data.id);
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidResponse('is not JSON');
  }
}

function invalidResponse(what: string): HummingbatchError {
  return new HummingbatchError('invalid-response', `An event of Gemini ${what}.`, {
    fix: 'Nothing has to be done: the batch sees the end of its job at its next check.',
  });
}
