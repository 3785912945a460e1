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
  /** Under the base URL, or a whole URL that Google named (of an upload), whose host is replaced by the base URL's. */
  path: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** The whole call, its answer's body included, must be done in this time, ms. */
  deadlineMs: number;
  signal: AbortSignal;
  /** What is asked, for errors. */
  subject: Subject;
  /** Of a POST, asked in the moment before its first byte; until it has said yes, nothing has left this machine. */
  maySend?: () => boolean;
  /** An HTTP status that is an answer here, and no error. */
  alsoFine?: number;
}

export interface Http {
  /** Sends the call and resolves with a 2xx answer whose body has been read; every other end is a typed error. */
  send(call: Call): Promise<{ headers: Headers; body: string }>;
  /** Sends the call and resolves with a 2xx answer as soon as its headers are there; the deadline is for those alone. */
  open(call: Call): Promise<Response>;
  /** What Google says in words, which may quote the key, without it. */
  redactKey: (words: string) => string;
}

// Google's answers to single calls are some kB; a body beyond this is none of its.
const MAX_BODY = 16 << 20;

/** The one way to Google: key in a header, a deadline and a signal on each call, no retries (they are Temporal's). */
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
      : // A redirect would carry the key to whoever is named there.
        await fetch(url, { method, headers, body: content, redirect: 'error', signal });
    if (response.ok || response.status === call.alsoFine) return response;
    if (response.status < 400)
      throw new HummingbatchError(
        'invalid-response',
        `Gemini answered ${response.status}, which says nothing.`,
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
      const headersCame = new AbortController();
      const timer = setTimeout(
        () => headersCame.abort(new DOMException('no answer in time', 'TimeoutError')),
        call.deadlineMs,
      );
      try {
        return await attempt(call, AbortSignal.any([call.signal, headersCame.signal]));
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
    if (bytes > MAX_BODY)
      throw new HummingbatchError('invalid-response', 'Gemini answered with a body that has no end.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
