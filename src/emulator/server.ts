import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FaultBook, openFaults } from './faults/book.ts';
import { type FaultPlan, readFaultPlan } from './faults/plan.ts';
import { openFiles } from './files/files.ts';
import { openUploads } from './files/uploads.ts';
import { handleRequest } from './http/handle-request.ts';
import { createImages } from './images/images.ts';
import { type ImageStyle, openJobs } from './jobs/jobs.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { createResults } from './results/results.ts';
import { openDeliveries } from './webhooks/deliveries.ts';
import { startSender } from './webhooks/sender.ts';
import { openWebhooks } from './webhooks/webhooks.ts';
import type { World } from './world.ts';

export interface EmulatorOptions {
  /** Default 0: any free port. */
  port?: number;
  /** Default 127.0.0.1. */
  host?: string;
  /** From a job's creation to its end, seconds. Default 3; for the first fifth the job is PENDING. */
  jobSeconds?: number;
  /** Default `painted`: each image shows its key, prompt and references. `plain` is for many or large images. */
  images?: ImageStyle;
  /** Pads plain images to this many bytes. */
  imageBytes?: number;
  /** The API keys that are accepted. Default: all but `invalid`. */
  keys?: readonly string[];
  /**
   * The folder for uploads and jobs. They are there again after a restart, even after a crash. Default: a temporary
   * folder, which `close` removes.
   */
  directory?: string;
  /** The fault plan. Default: no faults. `PUT /emulator/faults` replaces it. */
  faults?: FaultPlan;
  /** ms since 1970. Default `Date.now`. */
  now?: () => number;
}

export interface Emulator {
  /** The base URL for clients, without a trailing slash. */
  url: string;
  /** Reads the ledger; also at `GET /emulator/ledger`. */
  ledger(): Promise<Ledger>;
  /** Stops the emulator and ends all connections. */
  close(): Promise<void>;
}

/**
 * Starts the emulator.
 *
 * @throws FaultPlanError where the fault plan is not valid.
 * @example
 * const emulator = await createEmulator({ jobSeconds: 1 }); const ai = new GoogleGenAI({ apiKey: 'any', httpOptions: {
 * baseUrl: emulator.url } });
 */
export async function createEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = '127.0.0.1', keys } = options;
  const faults = openFaults(options.faults && readFaultPlan(options.faults));
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'gemini-emulator-')));
  const world = await openWorld(directory, options, faults);
  const closing = new AbortController();
  const server = createServer(
    (request, response) => void handleRequest(request, response, world, { keys, closing: closing.signal }),
  );
  const removeTemporary = async () => {
    if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    await listen(server, port, host);
  } catch (error) {
    await removeTemporary();
    throw error;
  }
  const sender = startSender(world, await openDeliveries(join(directory, 'webhooks', 'deliveries')));
  const { port: bound } = server.address() as AddressInfo;

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    ledger: () => world.ledger.read(),
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort();
      server.closeAllConnections();
      await closed;
      await sender.close();
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

async function openWorld(directory: string, options: EmulatorOptions, faults: FaultBook): Promise<World> {
  const { jobSeconds = 3, images = 'painted', imageBytes, now = Date.now } = options;
  const files = await openFiles(join(directory, 'files'), now);
  const jobs = await openJobs(join(directory, 'jobs'), now);
  return {
    now,
    settings: { durationMs: jobSeconds * 1000, images, imageBytes },
    files,
    jobs,
    uploads: await openUploads(join(directory, 'uploads'), files),
    results: createResults(createImages(jobs)),
    webhooks: await openWebhooks(join(directory, 'webhooks', 'endpoints'), now),
    faults,
    ledger: openLedger(jobs, faults, now),
  };
}
