import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createHttp, type Http } from '../../../src/gemini/http.ts';
import { createGemini } from '../../../src/gemini/index.ts';

/** Unlike any other text in the tests, so that a leak is found anywhere. */
export const KEY = 'AIzaSecret-0123456789';

export interface Server {
  url: string;
  http: Http;
  gemini: ReturnType<typeof createGemini>;
  requests: IncomingMessage[];
}

/** A server on loopback with the handler of the test. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
): Promise<Server> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks)));
    // The client disconnected, as the test intends.
    request.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { baseUrl: url, apiKey: KEY };
  return { url, http: createHttp(options), gemini: createGemini(options), requests };
}

export const patience = () => AbortSignal.timeout(10_000);

/** The whole text of an error, with its causes. */
export function collectText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.stack, JSON.stringify(error), collectText(error.cause ?? '')].join('\n');
}

/** The error that a promise rejects with. */
export async function catchFailure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
