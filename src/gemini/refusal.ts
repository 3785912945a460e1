import { z } from 'zod';
import { clip } from '../contract/text.ts';
import type { Refusal } from './errors.ts';
import { readHttpDate } from './time.ts';

const Envelope = z.object({
  error: z.object({
    message: z.string().optional(),
    status: z.string().optional(),
    details: z
      .array(z.looseObject({ reason: z.string().optional(), retryDelay: z.string().optional() }))
      .optional()
      .catch(undefined),
  }),
});

const MAX_EXCERPT = 300;

/** Reads Google's error envelope. Also reads a gateway's HTML page or an empty body, as text. */
export function readRefusal(status: number, body: string, headers: Headers, now: number): Refusal {
  const parsed = Envelope.safeParse(parseJson(body));
  const error = parsed.success ? parsed.data.error : undefined;
  const details = error?.details ?? [];
  const reason = details.find((detail) => detail.reason)?.reason;
  const retryAfterMs =
    durationMs(details.find((detail) => detail.retryDelay)?.retryDelay) ??
    retryAfter(headers.get('retry-after'), now);
  return {
    status,
    message: clip(error?.message ?? parseText(body), MAX_EXCERPT) || 'no explanation',
    ...(error?.status && { rpcStatus: error.status }),
    ...(reason && { reason }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function parseText(body: string): string {
  return body
    .slice(0, 10_000)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

/** Reads a protobuf duration, `"37s"` or `"1.5s"`, as ms. */
function durationMs(value: string | undefined): number | undefined {
  const seconds = /^(\d{1,9}(?:\.\d+)?)s$/.exec(value ?? '')?.[1];
  return seconds === undefined ? undefined : Math.ceil(Number(seconds) * 1000);
}

/** Reads a Retry-After header, seconds or an HTTP date, as ms from now. */
function retryAfter(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const at = readHttpDate(value);
  return at === undefined ? undefined : Math.max(0, at - now);
}
