import type { FastifyReply } from 'fastify';

/** Calls a function when the response has been sent, or its connection is closed. */
export function atEnd({ raw }: FastifyReply, act: () => void): void {
  if (raw.closed) act();
  else raw.once('close', act);
}

/** Aborts when nobody waits for the response any more. */
export function abortAtEnd(reply: FastifyReply): AbortSignal {
  const ended = new AbortController();
  atEnd(reply, () => ended.abort());
  return ended.signal;
}
