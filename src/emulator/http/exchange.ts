import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Refusal } from './envelope.ts';

/** One request, as a handler sees it. */
export interface Exchange {
  headers: IncomingHttpHeaders;
  /** What stands in the braces of the route's path. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** How the client reached us, `http://127.0.0.1:8080`: what answers name as URL begins with it. */
  base: string;
  /** The body as it comes; there once. */
  bytes: AsyncIterable<Buffer>;
  /**
   * The body as JSON, read when it is first asked for.
   *
   * @throws Refusal INVALID_ARGUMENT for a body that is too large or no JSON. An empty body is `{}`.
   */
  json: () => Promise<unknown>;
  /** Aborts when the connection is gone. */
  disconnected: AbortSignal;
  /** Aborts when the emulator closes. */
  closing: AbortSignal;
}

export interface Reply {
  /** Default 200. */
  status?: number;
  headers?: OutgoingHttpHeaders;
  json?: unknown;
  /** In place of `json`, where the answer is none. */
  text?: string;
  /** Sent as it is made; in place of `json`. A {@link Cut} that it throws ends the connection behind what was sent. */
  stream?: AsyncIterable<Uint8Array>;
}

/** Ends the connection in place of an answer, or in the middle of one. */
export class Cut extends Error {
  override readonly name = 'Cut';
  /** What was asked has been done, and nothing of the answer was sent. */
  readonly done: boolean;

  constructor({ done = false } = {}) {
    super('The connection was cut.');
    this.done = done;
  }
}

/** Google's limit for a request that is not an upload. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** A reader for {@link Exchange.json}: it reads once and gives everybody the same. */
export function jsonReader(bytes: AsyncIterable<Buffer>): () => Promise<unknown> {
  let read: Promise<unknown> | undefined;
  return () => {
    read ??= readJson(bytes);
    return read;
  };
}

async function readJson(chunks: AsyncIterable<Buffer>): Promise<unknown> {
  const kept: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    // Read on to the end, or the client is still sending when the answer comes and sees a reset instead of it.
    if (bytes <= MAX_BODY_BYTES) kept.push(chunk);
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new Refusal('INVALID_ARGUMENT', `Request payload size exceeds the limit: ${MAX_BODY_BYTES} bytes.`);
  }
  if (bytes === 0) return {};
  try {
    return JSON.parse(Buffer.concat(kept).toString('utf8'));
  } catch {
    throw new Refusal('INVALID_ARGUMENT', 'Invalid JSON payload received. Unable to parse the body.');
  }
}
