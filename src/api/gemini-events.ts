import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { JobEventResult } from '../client/index.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { isJobName } from '../contract/job-name.ts';
import { isWebhookSecret, verifySignature } from '../webhooks/index.ts';
import { createDeduplication } from './event-deduplication.ts';

/**
 * What became of an event:
 *
 * - `woke`: the batch that waits for this job asks Google now;
 * - `nobody`: the job is no batch's of this store, or its batch has ended;
 * - `repeated`: it came before;
 * - `ignored`: it is of another kind.
 */
export type Received = JobEventResult | 'repeated' | 'ignored';

export interface GeminiEventsOptions {
  /** The signing secrets of the endpoints registered at Google, `whsec_…`; several while one is being replaced. */
  secrets: readonly string[];
  /** ms since 1970. */
  now: () => number;
  /** Passes the event of a job on: `jobEvent` of the client. */
  wake: (job: string) => Promise<JobEventResult>;
}

/** A request, as it came. */
export interface GeminiRequest {
  /** Names in lower case, as Node has them. */
  headers: IncomingHttpHeaders;
  /** The very bytes, at most {@link MAX_EVENT_BYTES}: the signature is over them, and not over what they mean. */
  body: Uint8Array;
}

export interface GeminiEvents {
  /**
   * Takes one event of Google's.
   *
   * @throws `webhook-invalid` for one that is forged, changed on its way, more than 5 minutes old or ahead, or without
   *   its headers; `invalid-response` for one that cannot be read; and what `wake` throws, after which the same event may come
   *   again
   */
  receive(request: GeminiRequest): Promise<Received>;
}

/** The most of an event that is read, bytes: it is a name and some pointers, less than 1 kB. */
export const MAX_EVENT_BYTES = 65_536;
/** It is remembered, for thousands of events. */
const MAX_ID_CHARACTERS = 200;

/** Each says that a job has reached its end. What else there is, and what is still to come, is ignored. */
const TYPES: readonly string[] = ['batch.succeeded', 'batch.failed', 'batch.expired', 'batch.cancelled'];

const Event = z.looseObject({ type: z.string() });
/** Google's guide has an invented id, and nobody has published a real one: the job's name, or what stands behind its slash. */
const JobEvent = z.looseObject({
  data: z.looseObject({
    id: z
      .string()
      .transform((id) => (id.includes('/') ? id : `batches/${id}`))
      .refine(isJobName),
  }),
});

/**
 * The receiver of Gemini's static webhooks. It believes nothing that is not signed, acts once on each id, and asks the
 * batch to look for itself.
 *
 * @throws `usage` without a secret, or with one that is none
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
      return (await seen.once(id, () => act(readJson(text), wake))) ?? 'repeated';
    },
  };
}

async function act(value: unknown, wake: GeminiEventsOptions['wake']): Promise<Received> {
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
    throw invalidResponse('is no JSON');
  }
}

function invalidResponse(what: string): HummingbatchError {
  return new HummingbatchError('invalid-response', `An event of Gemini ${what}.`, {
    fix: 'Nothing: the batch sees the end of its job at its next check.',
  });
}
