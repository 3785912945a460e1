import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Refusal } from './envelope.ts';
import type { Reply } from './exchange.ts';
import { openFiles } from './files.ts';
import { createImages } from './images.ts';
import { type ImageStyle, openJobs } from './jobs.ts';
import { checkKey } from './keys.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { createResults } from './results.ts';
import { findRoute } from './routes.ts';
import { uploadCommand } from './upload-routes.ts';
import { openUploads } from './uploads.ts';
import type { World } from './world.ts';

export interface EmulatorOptions {
  /** Default 0: one that is free. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** From a job's creation to its end, seconds. Default 3; the first fifth it is PENDING. */
  jobSeconds?: number;
  /** Default `painted`: each shows its key, prompt and references. `plain` is for many and large ones. */
  images?: ImageStyle;
  /** Pads plain images to this many bytes. */
  imageBytes?: number;
  /** The API keys that are accepted. Default: all but `invalid`. */
  keys?: readonly string[];
  /**
   * Where uploads and jobs lie. Given, they are there again after a restart, however the emulator ended; otherwise a
   * temporary folder, removed by `close`.
   */
  directory?: string;
  /** ms since 1970. Default `Date.now`. */
  now?: () => number;
}

export interface Emulator {
  /** What clients use as base URL, without a slash at its end. */
  url: string;
  /** What it was asked so far; also at `GET /emulator/ledger`. */
  ledger(): Promise<Ledger>;
  /** Ends all connections. */
  close(): Promise<void>;
}

/**
 * Starts the Gemini API's files and batches on loopback.
 *
 * @example
 * const emulator = await createEmulator({ jobSeconds: 1 });
 * const ai = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: emulator.url } });
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = '127.0.0.1', keys } = options;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'gemini-emulator-')));
  const world = await openWorld(directory, options);
  const server = createServer((request, response) => void answer(request, response, world, keys));
  const removeTemporary = async () => {
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    await listen(server, port, host);
  } catch (error) {
    await removeTemporary();
    throw error;
  }
  const { port: bound } = server.address() as AddressInfo;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    ledger: () => world.ledger.read(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
      await removeTemporary();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

async function openWorld(directory: string, options: EmulatorOptions): Promise<World> {
  const { jobSeconds = 3, images = 'painted', imageBytes, now = Date.now } = options;
  const files = await openFiles(join(directory, 'files'), now);
  const jobs = await openJobs(join(directory, 'jobs'));
  return {
    now,
    settings: { durationMs: jobSeconds * 1000, images, imageBytes },
    files,
    jobs,
    uploads: await openUploads(join(directory, 'uploads'), files),
    results: createResults(createImages(jobs)),
    ledger: openLedger(jobs, now),
  };
}

/** One request from its first byte to its last; never rejects. */
async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  world: World,
  keys: readonly string[] | undefined,
): Promise<void> {
  const url = new URL(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`);
  const found = findRoute(request.method ?? '', url.pathname);
  const command = uploadCommand({ request });
  const label = found ? found.route.name + (command && ` (${command})`) : `${request.method} ${url.pathname}`;
  world.ledger.asked(found ? label : 'unknown');
  try {
    if (!found)
      throw new Refusal('NOT_FOUND', `The requested URL ${url.pathname} was not found on this server.`);
    if (!found.route.keyless?.(url.searchParams)) checkKey(request, url.searchParams, keys);
    const exchange = { request, params: found.params, query: url.searchParams, base: url.origin };
    await send(response, await found.route.handler(exchange, world), world);
  } catch (error) {
    await sendError(response, label, error, world);
  }
}

async function send(
  response: ServerResponse,
  { status = 200, headers, json, stream }: Reply,
  { ledger }: World,
) {
  if (!stream) {
    response.writeHead(status, { ...headers, 'content-type': 'application/json; charset=UTF-8' });
    response.end(JSON.stringify(json));
    return;
  }
  response.writeHead(status, headers);
  // One piece ahead and no more: a piece can be an image of several megabytes.
  await pipeline(Readable.from(counted(stream, ledger.downloaded), { highWaterMark: 1 }), response);
}

async function* counted(pieces: AsyncIterable<Uint8Array>, count: (bytes: number) => void) {
  for await (const piece of pieces) {
    count(piece.length);
    yield piece;
  }
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
  if (error instanceof Refusal) world.ledger.refused(route, error);
  else world.ledger.broke(route, error);
  const refusal = error instanceof Refusal ? error : new Refusal('INTERNAL', 'Internal error encountered.');
  await send(response, { status: refusal.httpStatus, json: refusal }, world);
}
