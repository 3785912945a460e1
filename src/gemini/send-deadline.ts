import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { HummingbatchError } from '../contract/errors.ts';

/** What to send once the connection is open. */
export interface Post {
  headers: Record<string, string>;
  body: string | Uint8Array;
  signal: AbortSignal;
}

/**
 * Sends a POST at most once, over its own connection. Calls `maySend` after the connection is open and sends the first
 * byte in the same tick. So a process that was frozen before that call wakes up and sends nothing. `fetch` is not used,
 * because it does not show when its bytes are sent. Redirects are not followed.
 *
 * @throws `aborted` where `maySend` returns false
 */
export function postWithinDeadline(
  url: URL,
  { headers, body, signal }: Post,
  maySend: () => boolean,
): Promise<Response> {
  const isSecure = url.protocol === 'https:';
  const request = isSecure ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const post = request(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent: false,
      signal,
    });
    post.once('error', reject);
    post.once('response', (answer) => {
      const fields = Object.entries(answer.headersDistinct).flatMap(([name, values = []]) =>
        values.map((value): [string, string] => [name, value]),
      );
      const stream = Readable.toWeb(answer) as ReadableStream<Uint8Array>;
      resolve(new Response(stream, { status: answer.statusCode ?? 0, headers: fields }));
    });
    post.once('socket', (socket) =>
      socket.once(isSecure ? 'secureConnect' : 'connect', () => {
        if (maySend()) post.end(body);
        else
          post.destroy(
            new HummingbatchError(
              'aborted',
              'The process was frozen until it was too late to send. Nothing was sent.',
            ),
          );
      }),
    );
  });
}
