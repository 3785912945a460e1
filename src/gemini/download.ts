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
): AsyncGenerator<Uint8Array> {
  const idle = new IdleTimeout(IDLE_MS);
  // One byte more than needed: a range that begins at the very end is refused with 416, this one never is.
  const from = Math.max(0, offset - 1);
  const response = await open(http, file, from, AbortSignal.any([signal, idle.signal]));
  let skip = response.status === 206 ? offset - from : offset;
  const expected = Number(
    response.headers.get('content-encoding')
      ? Number.NaN
      : (response.headers.get('content-length') ?? Number.NaN),
  );
  let arrived = 0;
  try {
    idle.restart();
    for await (const chunk of response.body ?? []) {
      idle.restart();
      arrived += chunk.byteLength;
      const dropped = Math.min(skip, chunk.byteLength);
      skip -= dropped;
      if (dropped < chunk.byteLength) yield chunk.subarray(dropped);
      idle.restart();
    }
  } catch (error) {
    throw toNetworkError(error, 'download of the results', signal);
  } finally {
    idle.stop();
  }
  if (arrived < expected)
    throw new HummingbatchError(
      'unreachable',
      `The download of the results ended after ${arrived} of ${expected} bytes.`,
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

  restart(): void {
    this.stop();
    this.#timer = setTimeout(
      () => this.#controller.abort(new DOMException('the connection stalled', 'TimeoutError')),
      this.#ms,
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
