import { HummingbatchError } from '../contract/errors.ts';
import { toNetworkError } from './errors.ts';
import type { Http } from './http.ts';

const HEADERS_DEADLINE_MS = 60_000;
/** A connection that brings nothing for this long is dead, however open it looks. */
const IDLE_MS = 60_000;
const PARTIAL = 206;
const NOT_SATISFIABLE = 416;
/** The documented way first; files of some projects answer only to the SDK's. */
const PATHS = [
  (file: string) => `/download/v1beta/${file}:download?alt=media`,
  (file: string) => `/v1beta/${file}:download?alt=media`,
];

export interface DownloadOptions {
  /**
   * The file is read again because its end came too early: asked for as a range from its first byte on too, so that a
   * server that knows Range says where the end is.
   */
  again?: boolean;
  idleMs?: number;
}

/**
 * Streams a result file from a byte offset to its end. Where the server ignores Range, what lies before the offset is
 * read and dropped. The SDK's download is not used: a cut body there is an uncaught exception that ends the process.
 *
 * @throws `result-gone` where there is no such file, `unreachable` where it breaks off or stalls; the bytes that came before are good
 */
export async function* download(
  http: Http,
  file: string,
  offset: number,
  signal: AbortSignal,
  { again = false, idleMs = IDLE_MS }: DownloadOptions = {},
): AsyncGenerator<Uint8Array> {
  const idle = new IdleTimeout(idleMs);
  // One byte more than needed: a range that begins at the very end is refused with 416, this one never is.
  const from = again || offset > 0 ? Math.max(0, offset - 1) : undefined;
  const response = await open(http, file, from, AbortSignal.any([signal, idle.signal]));
  // Nothing from the first byte on: the file is empty.
  if (response.status === NOT_SATISFIABLE) {
    await response.body?.cancel();
    return;
  }
  const { start, end } = parsePart(response, offset);
  let at = start;
  try {
    idle.start();
    for await (const chunk of response.body ?? []) {
      // Whoever takes the bytes may take their time.
      idle.stop();
      const needed = chunk.subarray(Math.max(0, offset - at));
      at += chunk.byteLength;
      if (needed.byteLength > 0) yield needed;
      idle.start();
    }
    // A cut can look like a normal end. Where the server said what it would send, it is told apart.
    if (end !== undefined && at < end) throw new Error(`it ended ${end - at} bytes too early`);
  } catch (error) {
    throw toNetworkError(error, 'result', signal);
  } finally {
    idle.stop();
  }
}

/** Where in the file the answer begins, and where it ends if it says so. */
function parsePart({ status, headers }: Response, offset: number): { start: number; end?: number } {
  if (status !== PARTIAL) return { start: 0 };
  const [, first, last] = /^bytes (\d{1,15})-(\d{1,15})\//.exec(headers.get('content-range') ?? '') ?? [];
  if (first === undefined || Number(first) > offset) {
    throw new HummingbatchError(
      'invalid-response',
      'Gemini answered with another part of the results than was asked for.',
    );
  }
  // Of what is compressed nobody knows whether its range counts the bytes before or after.
  const isPlain = !headers.has('content-encoding');
  return { start: Number(first), ...(isPlain && { end: Number(last) + 1 }) };
}

/** @param from asks for the bytes from there on; undefined: for all */
async function open(
  http: Http,
  file: string,
  from: number | undefined,
  signal: AbortSignal,
): Promise<Response> {
  let gone: unknown;
  for (const path of PATHS) {
    try {
      return await http.open({
        method: 'GET',
        path: path(file),
        headers: from === undefined ? {} : { range: `bytes=${from}-` },
        ...(from === 0 && { alsoFine: NOT_SATISFIABLE }),
        deadlineMs: HEADERS_DEADLINE_MS,
        signal,
        subject: 'result',
      });
    } catch (error) {
      if (!(error instanceof HummingbatchError && error.code === 'result-gone')) throw error;
      gone = error;
    }
  }
  throw gone;
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
