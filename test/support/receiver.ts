import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

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
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const one = { headers: request.headers, body: Buffer.concat(pieces).toString(), at: Date.now() };
    received.push(one);
    await answer(one, response);
  }
  const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}
