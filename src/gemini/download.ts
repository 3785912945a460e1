import { HummingbatchError } from '../contract/errors.ts';
import { toNetworkError } from './errors.ts';
import type { Http } from './http.ts';

const HEADERS_DEADLINE_MS = 60_000;
/** A connection without a byte for this long counts as dead, even if it is still open. */
const IDLE_MS = 60_000;
const PARTIAL = 206;
const NOT_SATISFIABLE = 416;
/**
 * Both paths in use: first the documented one, then the SDK's, because the files of some projects answer only to that.
 */
const PATHS = [
  (file: string) => `/download/v1beta/${file}:download?alt=media`,
  (file: string) => `/v1beta/${file}:download?alt=media`,
];

export interface DownloadOptions {
  /**
   * The file ended too early and is read again. Then even a read from byte 0 asks for a range, so that a server with
   * Range support reports where the file ends.
   */
  again?: boolean;
  /** How long the connection may bring nothing, ms. Default 60,000. */
  idleMs?: number;
}

/**
 * Streams a result file from a byte offset to its end. Where the server ignores Range, the bytes before the offset are
 * read and dropped. The SDK's download is not used: there a cut body is an uncaught exception that ends the process
 * (@google/genai 2.32.0).
 *
 * @throws `result-gone` where there is no such file, `unreachable` where the download breaks off or stalls (the bytes
 *   before that are good), `invalid-response` for a wrong range
 */
export async function* download(
  http: Http,
  file: string,
  offset: number,
  signal: AbortSignal,
  { again = false, idleMs = IDLE_MS }: DownloadOptions = {},
): AsyncGenerator<Uint8Array> {
  const idle = new IdleTimeout(idleMs);
  // One byte more than needed: a range that starts at the end of the file is refused with 416, this one never is.
  const from = again || offset > 0 ? Math.max(0, offset - 1) : undefined;
  const response = await open(http, file, from, AbortSignal.any([signal, idle.signal]));
  // No byte 0: the file is empty.
  if (response.status === NOT_SATISFIABLE) {
    await response.body?.cancel();
    return;
  }
  const { start, end } = parseContentRange(response, offset);
  let at = start;
  try {
    idle.start();
    for await (const chunk of response.body ?? []) {
      // The idle time does not count while the consumer works on a chunk.
      idle.stop();
      const needed = chunk.subarray(Math.max(0, offset - at));
      at += chunk.byteLength;
      if (needed.byteLength > 0) yield needed;
      idle.start();
    }
    // A cut connection can look like a normal end. Content-Range shows the difference.
    if (end !== undefined && at < end) throw new Error(`the download ended ${end - at} bytes too early`);
  } catch (error) {
    throw toNetworkError(error, 'result', signal);
  } finally {
    idle.stop();
  }
}

/** The offset at which the response begins, and where it ends if Content-Range says so. */
function parseContentRange({ status, headers }: Response, offset: number): { start: number; end?: number } {
  if (status !== PARTIAL) return { start: 0 };
  const [, first, last] = /^bytes (\d{1,15})-(\d{1,15})\//.exec(headers.get('content-range') ?? '') ?? [];
  if (first === undefined || Number(first) > offset) {
    throw new HummingbatchError(
      'invalid-response',
      'Gemini sent another part of the result file than the request asked for.',
    );
  }
  // For a compressed body it is not known whether the range counts the bytes before or after compression.
  const isUncompressed = !headers.has('content-encoding');
  return { start: Number(first), ...(isUncompressed && { end: Number(last) + 1 }) };
}

/** @param from the first byte to ask for; undefined asks for the whole file */
async function open(
  http: Http,
  file: string,
  from: number | undefined,
  signal: AbortSignal,
): Promise<Response> {
  let lastError: unknown;
  for (const path of PATHS) {
    try {
      return await http.open({
        method: 'GET',
        path: path(file),
        headers: from === undefined ? {} : { range: `bytes=${from}-` },
        ...(from === 0 && { alsoAccept: NOT_SATISFIABLE }),
        deadlineMs: HEADERS_DEADLINE_MS,
        signal,
        subject: 'result',
      });
    } catch (error) {
      if (!(error instanceof HummingbatchError && error.code === 'result-gone')) throw error;
      lastError = error;
    }
  }
  throw lastError;
}

class IdleTimeout {
  readonly #controller = new AbortController();
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  start(): void {
    this.#timer = setTimeout(
      () => this.#controller.abort(new DOMException('the connection stalled', 'TimeoutError')),
      this.#ms,
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
