import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { type ReceivedEvent, verifyWebhook } from '../../src/client/index.ts';

/** A received event with the path of its request. */
export interface Delivery {
  event: ReceivedEvent;
  path: string;
  body: string;
}

export type Receiver = Awaited<ReturnType<typeof createWebhookReceiver>>;

/** A receiver on loopback that accepts only signed events and gives the test's answer: a status, or none. */
export async function createWebhookReceiver(
  secret: string,
  answer: (delivery: Delivery) => number | 'silence' = () => 204,
) {
  const deliveries: Delivery[] = [];
  let refused = 0;

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray()).toString();
    try {
      const event = verifyWebhook({ headers: request.headers, body, secret });
      const delivery = { event, path: request.url ?? '', body };
      deliveries.push(delivery);
      const status = answer(delivery);
      if (status !== 'silence') response.writeHead(status).end();
    } catch {
      refused += 1;
      response.writeHead(401).end();
    }
  }

  const server = createServer((request, response) => void take(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const listDeliveries = (batchId: string) =>
    deliveries.filter(({ event }) => event.data.batchId === batchId);
  return {
    host: `127.0.0.1:${port}`,
    listDeliveries,
    refused: () => refused,
    /** Waits until it has received this many events of a batch. */
    async waitForDeliveries(batchId: string, count: number): Promise<Delivery[]> {
      while (listDeliveries(batchId).length < count) await pause(50);
      return listDeliveries(batchId);
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
