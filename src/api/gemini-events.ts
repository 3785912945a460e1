import { z } from 'zod';
import type { Woken } from '../client/index.ts';
import { HummingbatchError } from '../contract/errors.ts';
import { isJobName } from '../contract/job-name.ts';
import { createSeenIds } from './seen-ids.ts';
import { isSigned, keyOf } from './verify-signature.ts';

/**
 * What became of an event:
 *
 * - `woke`: the batch that waits for this job asks Google now;
 * - `nobody`: the job is no batch's of this store, or its batch has ended;
 * - `repeated`: it came before;
 * - `ignored`: it is of another kind.
 */
export type Received = Woken | 'repeated' | 'ignored';

export interface GeminiEventsOptions {
  /** The signing secrets of the endpoints registered at Google, `whsec_…`; several while one is being replaced. */
  secrets: readonly string[];
  /** ms since 1970. */
  now: () => number;
  /** Passes the event of a job on: `jobEvent` of the client. */
  wake: (job: string) => Promise<Woken>;
}

/** A request, as it came. */
export interface GeminiRequest {
  /** Names in lower case, as Node has them. */
  headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The very bytes: the signature is over them, and not over what they mean. */
  body: Uint8Array;
}

export interface GeminiEvents {
  /**
   * Takes one event of Google's.
   *
   * @throws `signature-invalid` for one that is forged, changed on its way, more than 5 minutes old or ahead, or without
   *   its headers; `garbled` for one that is signed and cannot be read; and what `wake` throws, after which the same
   *   event may come again
   */
  receive(request: GeminiRequest): Promise<Received>;
}

/** By Standard Webhooks, and as Google advises. */
const TOLERANCE_MS = 5 * 60_000;
/** The payload is a name and some pointers, less than 1 kB. */
const MAX_BODY_BYTES = 65_536;
const Id = z.string().min(1).max(200);
const Timestamp = z.string().regex(/^\d{1,12}$/);
const Signatures = z.string().min(1).max(2_000);

/** Each says that a job has reached its end. What else there is, and what is still to come, is ignored. */
const TYPES: readonly string[] = ['batch.succeeded', 'batch.failed', 'batch.expired', 'batch.cancelled'];

const Headers = z.object({
  'webhook-id': Id,
  'webhook-timestamp': Timestamp,
  'webhook-signature': Signatures,
});
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
  const keys = secrets.map(requireKey);
  if (keys.length === 0) throw noSecret('There is no signing secret for the events of Gemini.');
  const seen = createSeenIds(now);
  return {
    async receive({ headers, body }) {
      const id = verified(headers, body, keys, now());
      return (await seen.once(id, () => act(readJson(body), wake))) ?? 'repeated';
    },
  };
}

function requireKey(secret: string): Uint8Array {
  const key = keyOf(secret);
  if (!key) throw noSecret('A signing secret for the events of Gemini is none: it begins with `whsec_`.');
  return key;
}

function noSecret(message: string): HummingbatchError {
  return new HummingbatchError('usage', message, {
    fix: 'Set HUMMINGBATCH_GEMINI_WEBHOOK_SECRET to the `new_signing_secret` of the webhook.',
  });
}

/** The id of a message that is really the sender's, and of now. */
function verified(
  headers: GeminiRequest['headers'],
  body: Uint8Array,
  keys: readonly Uint8Array[],
  now: number,
): string {
  const read = Headers.safeParse(headers);
  if (!read.success) throw refused('its headers are missing or are none of Standard Webhooks');
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = read.data;
  if (Math.abs(now - Number(timestamp) * 1000) > TOLERANCE_MS)
    throw refused(
      'its time is more than 5 minutes off',
      'Check the clock of this machine. Google sends again with a new time.',
    );
  if (body.length > MAX_BODY_BYTES) throw refused(`it has more than ${MAX_BODY_BYTES} bytes`);
  if (!isSigned({ id, timestamp, body, signatures }, keys)) throw refused('its signature does not fit');
  return id;
}

function refused(why: string, fix?: string): HummingbatchError {
  return new HummingbatchError(
    'signature-invalid',
    `The event was refused: ${why}.`,
    fix === undefined ? {} : { fix },
  );
}

async function act(value: unknown, wake: GeminiEventsOptions['wake']): Promise<Received> {
  const event = Event.safeParse(value);
  if (!event.success) throw garbled('has no type');
  if (!TYPES.includes(event.data.type)) return 'ignored';
  const job = JobEvent.safeParse(value);
  if (!job.success) throw garbled('names no job');
  return wake(job.data.data.id);
}

function readJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    throw garbled('is no JSON');
  }
}

function garbled(what: string): HummingbatchError {
  return new HummingbatchError('garbled', `An event that Gemini has signed ${what}.`, {
    fix: 'Nothing: the batch sees the end of its job at its next check.',
  });
}
