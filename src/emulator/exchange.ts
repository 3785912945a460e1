import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Refusal } from './envelope.ts';

/** One request, as a handler sees it. */
export interface Exchange {
  request: IncomingMessage;
  /** What stands in the braces of the route's path. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** How the client reached us, `http://127.0.0.1:8080`: what answers name as URL begins with it. */
  base: string;
}

export interface Reply {
  /** Default 200. */
  status?: number;
  headers?: OutgoingHttpHeaders;
  json?: unknown;
  /** Sent as it is made; in place of `json`. */
  stream?: AsyncIterable<Uint8Array>;
}

/** Google's limit for a request that is not an upload. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** @throws Refusal INVALID_ARGUMENT for a body that is too large or no JSON. An empty body is `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read on to the end, or the client is still sending when the answer comes and sees a reset instead of it.
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new Refusal('INVALID_ARGUMENT', `Request payload size exceeds the limit: ${MAX_BODY_BYTES} bytes.`);
  }
  if (bytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refusal('INVALID_ARGUMENT', 'Invalid JSON payload received. Unable to parse the body.');
  }
}
