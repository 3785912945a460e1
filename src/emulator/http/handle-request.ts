import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { findFaultTarget } from '../faults/subjects.ts';
import { readUploadCommand } from '../files/upload-routes.ts';
import type { World } from '../world.ts';
import { Refusal } from './envelope.ts';
import { Cut, jsonReader, type Reply } from './exchange.ts';
import { checkKey } from './keys.ts';
import { findRoute } from './routes.ts';

export interface RequestOptions {
  /** The API keys that are accepted. Default: all but `invalid`. */
  keys?: readonly string[] | undefined;
  /** Aborts when the emulator closes. */
  closing: AbortSignal;
}

/** Handles a request from its first byte to its last. Never rejects. */
export async function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  { keys, closing }: RequestOptions,
): Promise<void> {
  // Its own clock's time, which a test may move.
  response.setHeader('date', new Date(world.now()).toUTCString());
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const match = findRoute(request.method ?? '', url.pathname);
  const command = readUploadCommand(request);
  const label = match ? match.route.name + (command && ` (${command})`) : `${request.method} ${url.pathname}`;
  world.ledger.countRequest(match ? label : 'unknown');
  try {
    if (!match)
      throw new Refusal('NOT_FOUND', `The requested URL ${url.pathname} was not found on this server.`);
    const { handler } = match.route;
    if (!match.route.keyless?.(url.searchParams)) checkKey(request, url.searchParams, keys);
    if (match.route.name === 'batches.get') world.ledger.countGet(match.params.id ?? '');
    const exchange = {
      headers: request.headers,
      params: match.params,
      query: url.searchParams,
      base: url.origin,
      bytes: request,
      json: jsonReader(request),
      disconnected: disconnectSignal(response),
      closing,
    };
    const target = findFaultTarget(label, exchange, world);
    const reply = await world.faults.answer(target, (request) => handler(request, world), exchange);
    await send(response, reply, world);
  } catch (error) {
    await sendError(response, label, error, world);
  }
}

function disconnectSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => controller.abort());
  return controller.signal;
}

async function send(response: ServerResponse, reply: Reply, world: World): Promise<void> {
  const { status = 200, headers, json, text = JSON.stringify(json), stream } = reply;
  if (stream) {
    response.writeHead(status, headers);
    await sendStream(response, stream, world);
    return;
  }
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers });
  response.end(text);
}

async function sendStream(
  response: ServerResponse,
  stream: AsyncIterable<Uint8Array>,
  { ledger }: World,
): Promise<void> {
  let cut = false;
  async function* pieces() {
    try {
      for await (const piece of stream) {
        ledger.addDownloaded(piece.length);
        yield piece;
      }
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      cut = true;
    }
  }
  // Buffers one piece only: a piece can be an image of several megabytes.
  await pipeline(Readable.from(pieces(), { highWaterMark: 1 }), response, { end: false });
  // The bytes before a cut must arrive, so the socket is closed after them and not at once.
  if (cut) response.socket?.destroySoon();
  else response.end();
}

async function sendError(
  response: ServerResponse,
  route: string,
  error: unknown,
  world: World,
): Promise<void> {
  // The client disconnected, or the connection ended in the middle of a result: no answer is possible.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (error instanceof Cut) {
    if (error.done) world.ledger.countLostAnswer();
    response.socket?.resetAndDestroy();
    return;
  }
  if (error instanceof Refusal) world.ledger.addRefusal(route, error);
  else world.ledger.addFailure(route, error);
  const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL', 'Internal error encountered.');
  await send(response, { status: refusal.httpStatus, json: refusal }, world);
}
