import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { Readable } from 'node:stream';
import { HummingbatchError } from '../contract/errors.ts';

/** What is sent once the connection stands. */
export interface Post {
  headers: Record<string, string>;
  body: string | Uint8Array;
  signal: AbortSignal;
}

/**
 * A POST that asks `mayLeave` between the open connection and its first byte, in one go: a process that is frozen before
 * that wakes up and sends nothing, one that is frozen after it has sent. Of `fetch` nobody can say when its bytes leave.
 * Sent at most once, over a connection of its own; a redirect is an answer like any other.
 *
 * @throws `aborted` where it may not leave any more
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
            new HummingbatchError('aborted', 'The process stood still, and then it was too late to send.'),
          );
      }),
    );
  });
}
