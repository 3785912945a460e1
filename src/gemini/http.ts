import { HummingbatchError } from '../contract/errors.ts';
import { type Subject, toError, toNetworkError } from './errors.ts';
import { withoutKey } from './key.ts';
import { readRefusal } from './refusal.ts';
import { postWithinDeadline } from './send-deadline.ts';

export interface HttpOptions {
  /** `https://generativelanguage.googleapis.com` or the emulator's. */
  baseUrl: string;
  apiKey: string;
}

export interface Call {
  method: 'GET' | 'POST';
  /**
   * A path under the base URL, or the whole URL of an upload as Google named it; its host is replaced by the base
   * URL's.
   */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** The most time for the whole call, ms, including the body of the answer. */
  deadlineMs: number;
  signal: AbortSignal;
  /** What the request is about, for error codes and messages. */
  subject: Subject;
  /**
   * Only for a POST: called right before its first byte is sent. Until it returns true nothing has left this machine.
   */
  maySend?: () => boolean;
  /** A further HTTP status that is no error for this call. */
  alsoAccept?: number;
}

export interface Http {
  /** Sends the call and resolves with a 2xx answer and its body. Every other outcome is a `HummingbatchError`. */
  send(call: Call): Promise<{ headers: Headers; body: string }>;
  /**
   * Sends the call and resolves with a 2xx answer as soon as its headers arrive. The deadline covers only the headers.
   */
  open(call: Call): Promise<Response>;
  /** Removes the API key from a text: some of Google's messages quote it. */
  redactKey: (words: string) => string;
}

// Google's answers to these calls have a few kB. A larger body is not from Google.
const MAX_BODY_BYTES = 16 << 20;

/**
 * The HTTP client for Google: key in a header, a deadline and a signal on each call. No retries: Temporal retries the
 * step.
 */
export function createHttp({ baseUrl, apiKey }: HttpOptions): Http {
  const base = new URL(baseUrl);
  const redactKey = (words: string) => withoutKey(words, apiKey);

  async function attempt(call: Call, signal: AbortSignal): Promise<Response> {
    const url = new URL(call.path, base);
    url.protocol = base.protocol;
    url.host = base.host;
    const headers = { 'x-goog-api-key': apiKey, ...call.headers };
    const { method, body: content, maySend } = call;
    const response = maySend
      ? await postWithinDeadline(url, { headers, body: content ?? '', signal }, maySend)
      : // Following a redirect would send the key to another host.
        await fetch(url, { method, headers, body: content, redirect: 'error', signal });
    if (response.ok || response.status === call.alsoAccept) return response;
    if (response.status < 400)
      throw new HummingbatchError(
        'invalid-response',
        `Gemini answered with the unexpected status ${response.status}.`,
      );
    const body = redactKey(await readText(response));
    throw toError(readRefusal(response.status, body, response.headers, Date.now()), call.subject);
  }

  return {
    redactKey,
    async send(call) {
      const signal = AbortSignal.any([call.signal, AbortSignal.timeout(call.deadlineMs)]);
      try {
        const response = await attempt(call, signal);
        return { headers: response.headers, body: await readText(response) };
      } catch (error) {
        throw toNetworkError(error, call.subject, call.signal);
      }
    },
    async open(call) {
      const headersDeadline = new AbortController();
      const timer = setTimeout(
        () => headersDeadline.abort(new DOMException('no answer in time', 'TimeoutError')),
        call.deadlineMs,
      );
      try {
        return await attempt(call, AbortSignal.any([call.signal, headersDeadline.signal]));
      } catch (error) {
        throw toNetworkError(error, call.subject, call.signal);
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BODY_BYTES)
      throw new HummingbatchError(
        'invalid-response',
        `Gemini answered with a body of more than ${MAX_BODY_BYTES} bytes.`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
