import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { Refusal } from './envelope.ts';

/** A request, as handlers get it. */
export interface Exchange {
  headers: IncomingHttpHeaders;
  /** The values of the placeholders in the route's path. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The address that the client used, `http://127.0.0.1:8080`: URLs in answers begin with it. */
  base: string;
  /** The body as a stream; it can be read once. */
  bytes: AsyncIterable<Buffer>;
  /**
   * Reads the body as JSON; further calls return the same value.
   *
   * @throws Refusal INVALID_ARGUMENT for a body that is too large or not JSON. An empty body is `{}`.
   */
  json: () => Promise<unknown>;
  /** Aborts when the connection is closed. */
  disconnected: AbortSignal;
  /** Aborts when the emulator closes. */
  closing: AbortSignal;
}

export interface Reply {
  /** Default 200. */
  status?: number;
  headers?: OutgoingHttpHeaders;
  json?: unknown;
  /** Replaces `json` for an answer that is not JSON. */
  text?: string;
  /**
   * Replaces `json`; sent while it is generated. If it throws a {@link Cut}, the connection ends after the bytes sent
   * so far.
   */
  stream?: AsyncIterable<Uint8Array>;
}

/** Thrown to end the connection instead of answering, or in the middle of an answer. */
export class Cut extends Error {
  override readonly name = 'Cut';
  /** The request was carried out, and nothing of the answer was sent. */
  readonly done: boolean;

  constructor({ done = false } = {}) {
    super('The connection was cut.');
    this.done = done;
  }
}

/** Google's limit for a request that is not an upload. */
const MAX_BODY_BYTES = 20 * 1024 * 1024;

/** Creates a reader for {@link Exchange.json}, which reads the body once. */
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
    // Read to the end: otherwise the client is still sending when the answer arrives, and gets a reset instead.
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
