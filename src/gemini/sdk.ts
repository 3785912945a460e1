import { type BatchJob, GoogleGenAI } from '@google/genai';
import { type Subject, toError, toNetworkError } from './errors.ts';
import type { HttpOptions } from './http.ts';
import { withoutKey } from './key.ts';
import { readRefusal } from './refusal.ts';

/**
 * Google's own client, for the calls that work well in it: list, cancel, delete. Where it does not (@google/genai 2.32.0) this
 * file stands between it and the callers.
 */
export interface Sdk {
  client: Pick<GoogleGenAI, 'batches' | 'files'>;
  /**
   * All jobs of the project, page by page. Pages without end last until the deadline.
   *
   * @throws the SDK's errors, for {@link Sdk.toError}
   */
  listJobs(signal: AbortSignal, deadlineMs: number): AsyncGenerator<BatchJob>;
  /**
   * Turns the error of a call into a `HummingbatchError`. The SDK's `ApiError` has the status, and Google's envelope as
   * its message.
   */
  toError(error: unknown, subject: Subject, signal: AbortSignal): unknown;
}

export function createSdk({ apiKey, baseUrl }: HttpOptions): Sdk {
  const client = withoutVariables(
    // `vertexai` keeps the SDK from choosing another API by a variable. Retries stay off: with them the SDK also repeats
    // POSTs that create a job.
    () => new GoogleGenAI({ apiKey, vertexai: false, httpOptions: { baseUrl, apiVersion: 'v1beta' } }),
  );
  return {
    client,

    async *listJobs(signal, deadlineMs) {
      const pager = await client.batches.list({
        config: { pageSize: 100, ...callOptions(signal, deadlineMs) },
      });
      // Not by the pager's iterator: it yields `undefined` for an empty page, in the middle and at the end.
      for (let page = pager.page; ; page = await pager.nextPage()) {
        yield* page;
        // An empty token is an unset one in Google's protocol. With it the pager would begin again, without end.
        if (!pager.params.config?.['pageToken']) return;
      }
    },

    toError(error, subject, signal) {
      if (!(error instanceof Error && 'status' in error && typeof error.status === 'number')) {
        return toNetworkError(error, subject, signal);
      }
      const body = withoutKey(error.message, apiKey);
      return toError(readRefusal(error.status, body, new Headers(), Date.now()), subject);
    },
  };
}

/** The variables that the SDK reads: https://googleapis.github.io/js-genai, and its source. */
const SDK_VARIABLES = /^(?:GOOGLE_|GEMINI_|VERTEX)/;

/**
 * Hides variables from the SDK's constructor. Everything that they could choose is passed to it, but for two keys it would
 * still print that it uses GOOGLE_API_KEY, which is not so.
 */
function withoutVariables<T>(construct: () => T): T {
  const hidden = Object.entries(process.env).filter(([name]) => SDK_VARIABLES.test(name));
  for (const [name] of hidden) delete process.env[name];
  try {
    return construct();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}

/** A deadline and a signal in the form that the SDK takes. */
export function callOptions(signal: AbortSignal, deadlineMs: number): { abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]) };
}
