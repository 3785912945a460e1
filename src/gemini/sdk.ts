import { GoogleGenAI } from '@google/genai';
import { type Subject, toError, toNetworkError } from './errors.ts';
import type { HttpOptions } from './http.ts';
import { withoutKey } from './key.ts';
import { readRefusal } from './refusal.ts';

/** Google's own client, for the calls in which it is sound: list, cancel, delete. */
export interface Sdk {
  client: GoogleGenAI;
  /** What a failed call comes to. The SDK's ApiError carries the status, and Google's envelope as its message. */
  toError(error: unknown, subject: Subject, signal: AbortSignal): unknown;
}

export function createSdk({ apiKey, baseUrl }: HttpOptions): Sdk {
  return {
    // Retries stay off: where they are on, the SDK repeats creations too.
    client: new GoogleGenAI({ apiKey, httpOptions: { baseUrl, apiVersion: 'v1beta' } }),
    toError(error, subject, signal) {
      if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) {
        return toNetworkError(error, subject, signal);
      }
      const body = withoutKey(error.message, apiKey);
      return toError(readRefusal(error.status, body, new Headers(), Date.now()), subject);
    },
  };
}

/** A call's deadline and signal, as the SDK takes them. */
export function limits(signal: AbortSignal, deadlineMs: number): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) };
}
