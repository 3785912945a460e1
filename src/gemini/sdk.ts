import { GoogleGenAI } from '@google/genai';
import { type Subject, toError, toNetworkError } from './errors.ts';
import type { HttpOptions } from './http.ts';
import { readRefusal } from './refusal.ts';

/** Google's own client, for the calls in which it is sound: list, cancel, delete. */
export function createSdk({ apiKey, baseUrl }: HttpOptions): GoogleGenAI {
  // Retries stay off: where they are on, the SDK repeats creations too.
  return new GoogleGenAI({ apiKey, httpOptions: { baseUrl, apiVersion: 'v1beta' } });
}

/** A call's deadline and signal, as the SDK takes them. */
export function limits(signal: AbortSignal, deadlineMs: number): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) };
}

/** The SDK's ApiError carries the status, and Google's envelope as its message. */
export function fromSdk(error: unknown, subject: Subject, signal: AbortSignal): unknown {
  if (error instanceof Error && 'status' in error && typeof error.status === 'number') {
    return toError(readRefusal(error.status, error.message, new Headers(), Date.now()), subject);
  }
  return toNetworkError(error, subject, signal);
}
