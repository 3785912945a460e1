import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { uploadCommand } from '../files/upload-routes.ts';
import type { World } from '../world.ts';
import { Refusal } from './envelope.ts';
import { Cut, jsonReader, type Reply } from './exchange.ts';
import { checkKey } from './keys.ts';
import { findRoute } from './routes.ts';

export interface Answering {
  /** The API keys that are accepted. Default: all but `invalid`. */
  keys?: readonly string[] | undefined;
  /** Aborts when the emulator closes. */
  closing: AbortSignal;
}

/** One request from its first byte to its last; never rejects. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  { keys, closing }: Answering,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const found = findRoute(request.method ?? '', url.pathname);
  const command = uploadCommand(request);
  const label = found ? found.route.name + (command && ` (${command})`) : `${request.method} ${url.pathname}`;
  world.ledger.asked(found ? label : 'unknown');
  try {
    if (!found)
      throw new Refusal('NOT_FOUND', `The requested URL ${url.pathname} was not found on this server.`);
    if (!found.route.keyless?.(url.searchParams)) checkKey(request, url.searchParams, keys);
    if (found.route.name === 'batches.get') world.ledger.looked(found.params.id ?? '');
    const exchange = {
      headers: request.headers,
      params: found.params,
      query: url.searchParams,
      base: url.origin,
      bytes: request,
      json: jsonReader(request),
      gone: goneSignal(response),
      closing,
    };
    await send(response, await world.faults.answer(label, found.route.handler, exchange, world), world);
  } catch (error) {
    await sendError(response, label, error, world);
  }
}

function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
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
        ledger.downloaded(piece.length);
        yield piece;
      }
    } catch (error) {
      if (!(error instanceof Cut)) throw error;
      cut = true;
    }
  }
  // One piece ahead and no more: a piece can be an image of several megabytes.
  await pipeline(Readable.from(pieces(), { highWaterMark: 1 }), response, { end: false });
  // What was sent before a cut arrives: the socket ends behind it, and not on the spot.
  if (cut) response.socket?.destroySoon();
  else response.end();
}

async function sendError(
  response: ServerResponse,
  route: string,
  error: unknown,
  world: World,
): Promise<void> {
  // The client went away, or the connection ended in the middle of a result: nobody is left to answer.
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  if (error instanceof Cut) {
    if (error.done) world.ledger.answerLost();
    response.socket?.resetAndDestroy();
    return;
  }
  if (error instanceof Refusal) world.ledger.refused(route, error);
  else world.ledger.broke(route, error);
  const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL', 'Internal error encountered.');
  await send(response, { status: refusal.httpStatus, json: refusal }, world);
}
