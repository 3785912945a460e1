import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createHttp, type Http } from '../../../src/gemini/http.ts';
import { createGemini } from '../../../src/gemini/index.ts';

/** Unlike anything else that a test says, so that it is found wherever it leaks to. */
export const KEY = 'AIzaSecret-0123456789';

export interface Server {
  url: string;
  http: Http;
  gemini: ReturnType<typeof createGemini>;
  requests: IncomingMessage[];
}

/** A server on loopback that does just what this test wants of it. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
): Promise<Server> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks)));
    // The client went away, as the test wanted.
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

/** Everything that an error says, its causes included. */
export function collectText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.stack, JSON.stringify(error), collectText(error.cause ?? '')].join('\n');
}

/** What a promise is rejected with. */
export async function catchFailure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
