import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NativeConnection } from '@temporalio/worker';
import pino, { type Logger } from 'pino';
import { inject } from 'vitest';
import type { ActivityDeps } from '../../src/activities/index.ts';
import { connectTemporal, createHummingbatch } from '../../src/client/index.ts';
import { knownBefore } from '../../src/client/known-before.ts';
import type { BatchOptions } from '../../src/contract/index.ts';
import { SEARCH_ATTRIBUTE_TYPES } from '../../src/contract/search-attributes.ts';
import { createEmulator, type Emulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { createActivityDeps } from '../../src/host/worker-deps.ts';
import { openStore } from '../../src/store/open.ts';
import { closeConnection } from '../../src/worker/close-connection.ts';
import { installRuntime, startWorker } from '../../src/worker/index.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url));

const log: Logger = pino({ level: process.env['TEST_LOG'] ?? 'silent' }, pino.destination(2));
// Once per process: each test file has its own.
installRuntime(log);

/** Waits that are long with Google and short with an emulator. */
const QUICK: Partial<BatchOptions> = { checkIntervalMs: 1_000, submitWindowMs: 1_000 };

export interface WorldOptions extends EmulatorOptions {
  /** Another world's, in place of one of its own. */
  emulator?: Emulator;
  /** Where the store lies. */
  storeAt?: string;
  /** Where it lies in the world's own folder. */
  storeIn?: string;
  /** Default: one of its own. */
  taskQueue?: string;
  /** `host:port` of Temporal. Default: the one server of the run. */
  temporal?: string;
  /** Temporal's; there must be one of this name. */
  namespace?: string;
}

/** An emulator, a store and a client of its own for each test, on the one server of the run. */
export async function createWorld({ namespace = 'default', ...options }: WorldOptions = {}) {
  const address = options.temporal ?? inject('temporal');
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-test-'));
  const emulator =
    options.emulator ??
    (await createEmulator({ jobSeconds: 1, images: 'plain', directory: join(folder, 'gemini'), ...options }));
  const store = await openStore(options.storeAt ?? join(folder, options.storeIn ?? 'store'));
  const client = await connectTemporal({ address, namespace });
  const taskQueue = options.taskQueue ?? `test-${store.id}`;
  const deps: ActivityDeps = {
    ...(await createActivityDeps({
      ...{ store, log },
      gemini: { url: emulator.url, apiKey: 'test-key' },
      searchAttributes: async () => Object.keys(SEARCH_ATTRIBUTE_TYPES),
      knownBefore: (...asked) => knownBefore(client, ...asked),
    })),
    fetchReference: () => Promise.reject(new Error('no test fetches references by URL')),
    postWebhook: () => Promise.reject(new Error('no test posts unless it says where')),
  };
  const closing = new Set<() => Promise<void>>();

  return {
    folder,
    emulator,
    store,
    client,
    taskQueue,
    deps,
    hummingbatch: createHummingbatch({ store, client, taskQueue, options: QUICK }),

    /** Writes a manifest and what it refers to; answers with its path. */
    async manifest(content: object, files: Record<string, Uint8Array> = {}): Promise<string> {
      const path = join(folder, 'manifest.json');
      for (const [name, bytes] of Object.entries(files)) {
        await mkdir(join(folder, name, '..'), { recursive: true });
        await writeFile(join(folder, name), bytes);
      }
      await writeFile(path, JSON.stringify(content));
      return path;
    },

    /**
     * A worker in this process, with these things from outside in place of its own, and another workflow bundle where one
     * is named; answers with what stops it.
     */
    async work(instead: Partial<ActivityDeps> = {}, bundle = BUNDLE): Promise<() => Promise<void>> {
      const connection = await NativeConnection.connect({ address });
      const worker = await startWorker({
        connection,
        namespace,
        taskQueue,
        deps: { ...deps, ...instead },
        bundle,
        profile: 'embedded',
      });
      const stop = async () => {
        closing.delete(stop);
        worker.shutdown();
        await worker.stopped;
        await closeConnection(connection);
      };
      closing.add(stop);
      return stop;
    },

    async close(): Promise<void> {
      for (const close of closing) await close();
      await client.connection.close();
      if (!options.emulator) await emulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
