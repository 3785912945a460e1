import { HummingbatchError } from '../contract/errors.ts';
import { toNetworkError } from './errors.ts';
import type { Http } from './http.ts';

const HEADERS_DEADLINE_MS = 60_000;
/** A connection that brings nothing for this long is dead, however open it looks. */
const IDLE_MS = 60_000;
/** The documented way first; files of some projects answer only to the SDK's. */
const PATHS = [
  (file: string) => `/download/v1beta/${file}:download?alt=media`,
  (file: string) => `/v1beta/${file}:download?alt=media`,
];

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
  idleMs = IDLE_MS,
): AsyncGenerator<Uint8Array> {
  const idle = new IdleTimeout(idleMs);
  // One byte more than needed: a range that begins at the very end is refused with 416, this one never is.
  const from = Math.max(0, offset - 1);
  const response = await open(http, file, from, AbortSignal.any([signal, idle.signal]));
  let at = beginningOf(response, offset);
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
  } catch (error) {
    throw toNetworkError(error, 'result', signal);
  } finally {
    idle.stop();
  }
}

/** The place in the file of the first byte of the answer. */
function beginningOf({ status, headers }: Response, offset: number): number {
  if (status !== 206) return 0;
  const start = /^bytes (\d{1,15})-/.exec(headers.get('content-range') ?? '')?.[1];
  if (start !== undefined && Number(start) <= offset) return Number(start);
  throw new HummingbatchError(
    'garbled',
    'Gemini answered with another part of the results than was asked for.',
  );
}

async function open(http: Http, file: string, from: number, signal: AbortSignal): Promise<Response> {
  let gone: unknown;
  for (const path of PATHS) {
    try {
      return await http.open({
        method: 'GET',
        path: path(file),
        headers: from > 0 ? { range: `bytes=${from}-` } : {},
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
