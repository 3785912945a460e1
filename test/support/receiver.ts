import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { serveHttp } from './listener.ts';

/** A received request. */
export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  /** ms since 1970. */
  at: number;
}

/** Answers a request. A function that never answers makes a receiver that hangs. */
export type Answer = (received: Received, response: ServerResponse) => void | Promise<void>;

/** A webhook endpoint on loopback that keeps every request. It answers 204 by default and closes when the test ends. */
export async function createReceiver(answer: Answer = (_, response) => void response.writeHead(204).end()) {
  const received: Received[] = [];
  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString();
    const one = { headers: request.headers, body, at: Date.now() };
    received.push(one);
    await answer(one, response);
  }
  const port = await serveHttp((request, response) => void receive(request, response));
  return { url: `http://127.0.0.1:${port}/hook`, received };
}
