import { GoogleGenAI } from '@google/genai';
import { type Subject, toError, toNetworkError } from './errors.ts';
import type { HttpOptions } from './http.ts';
import { withoutKey } from './key.ts';
import { readRefusal } from './refusal.ts';

/** Google's own client, for the calls that work well in it: list, cancel, delete. */
export interface Sdk {
  client: GoogleGenAI;
  /**
   * Turns the error of a call into a `HummingbatchError`. The SDK's `ApiError` has the status, and Google's envelope as
   * its message.
   */
  toError(error: unknown, subject: Subject, signal: AbortSignal): unknown;
}

export function createSdk({ apiKey, baseUrl }: HttpOptions): Sdk {
  return {
    // Retries stay off: with them the SDK also repeats POSTs that create a job.
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

/** A deadline and a signal in the form that the SDK takes. */
export function callOptions(signal: AbortSignal, deadlineMs: number): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) };
}
