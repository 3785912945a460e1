import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import pino from 'pino';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import {
  type Activities,
  type ActivityDeps,
  createActivities,
  createTurns,
  type Turns,
} from '../../src/activities/index.ts';
import type { Item, Manifest } from '../../src/contract/index.ts';
import { batchPlaces, referencePlace } from '../../src/contract/places.ts';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { createGemini } from '../../src/gemini/index.ts';
import { serialiseManifest } from '../../src/manifest/index.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';

export const BATCH = 'demo';
export const places = batchPlaces(BATCH);
export const HOUR = 3_600_000;

const SILENT = new DefaultLogger('ERROR', () => undefined);

/** A temporary folder for one test. */
export async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A store in a temporary folder. */
export async function newStore(): Promise<Store> {
  return openStore(join(await newFolder(), 'store'));
}

/** The activities of a worker with its own store and emulator, and a clock that the test can move. */
export async function newWorker(options: EmulatorOptions = {}) {
  const clock = { ahead: 0 };
  const now = () => Date.now() + clock.ahead;
  const emulator = await createEmulator({ jobSeconds: 0.2, images: 'plain', now, ...options });
  onTestFinished(() => emulator.close());
  const store = await newStore();
  const gemini = createGemini({ baseUrl: emulator.url, apiKey: 'test-key' });
  const deps = { ...createDeps(store), gemini, now };
  return { clock, emulator, store, deps, ...createRunner(deps) };
}

/** The dependencies of a worker that calls nothing outside. */
export function createDeps(store: Store): Omit<ActivityDeps, 'gemini'> {
  return {
    store,
    fetchReference: () => Promise.reject(new Error('this test must not fetch')),
    webhookSecrets: () => undefined,
    postWebhook: () => Promise.reject(new Error('this test must not post')),
    searchAttributes: async () => ['BatchId'],
    knownBefore: async () => undefined,
    log: pino({ level: 'silent' }),
    now: Date.now,
    pause: (ms, signal) => pause(ms, undefined, { signal }),
    random: () => 0.5,
  };
}

/** Runs one attempt of an activity, as a worker would. */
export function createRunner(deps: ActivityDeps) {
  return {
    run: <Name extends keyof Activities>(
      name: Name,
      input: Parameters<Activities[Name]>[0],
      attempt: Attempt = {},
    ): ReturnType<Activities[Name]> => {
      const {
        instead,
        env = environment(),
        info,
        turns = createTurns({ atOnce: 2, sliceMs: 5_000 }),
      } = attempt;
      const activities = createActivities({ ...deps, ...instead }, turns);
      const chosen = info ? environment(info) : env;
      return chosen.run(activities[name] as never, input) as ReturnType<Activities[Name]>;
    },
  };
}

export interface Attempt {
  /** Replaces dependencies of the worker. */
  instead?: Partial<ActivityDeps>;
  /** To cancel the attempt, or to receive its heartbeats. */
  env?: MockActivityEnvironment;
  info?: Partial<Info>;
  /** Those of the worker, which others may have. */
  turns?: Turns;
}

export function environment(info: Partial<Info> = {}): MockActivityEnvironment {
  return new MockActivityEnvironment(info, { logger: SILENT });
}

/** The failure of an activity; throws if it does not fail. */
export async function catchFailure(running: Promise<unknown>): Promise<ApplicationFailure> {
  try {
    await running;
  } catch (error) {
    if (error instanceof ApplicationFailure) return error;
    throw error;
  }
  throw new Error('the activity did not fail');
}

export function item(key: string, rest: Partial<Item> = {}): Item {
  return { key, prompt: `a picture of ${key}`, imageSize: '1K', count: 1, references: [], ...rest };
}

export function buildManifest(items: Item[], rest: Partial<Manifest> = {}): Manifest {
  return { name: 'demo', model: 'gemini-3-pro-image', references: {}, items, run: {}, ...rest };
}

/** Writes a manifest to its place in the store, and returns the input of `prepare`. */
export async function begin(store: Store, manifest: Manifest | string) {
  const text = typeof manifest === 'string' ? manifest : serialiseManifest(manifest);
  await store.put(places.manifest, text);
  const sha256 = computeSha256(text);
  return {
    batchId: BATCH,
    where: {},
    input: { batchId: BATCH, manifest: { uri: places.manifest, sha256 } },
  };
}

/** Writes a reference to its place in the store, and returns its name in a manifest. */
export async function addReference(store: Store, content: Buffer, extension = 'png') {
  const sha256 = computeSha256(content);
  await store.put(referencePlace(sha256, extension), content);
  return `sha256:${sha256}` as const;
}

export function computeSha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** A small image, different for each number. */
export function picture(number: number, format: 'png' | 'jpeg' | 'webp' = 'png', size = 16): Promise<Buffer> {
  const background = { r: number % 256, g: (number >> 8) % 256, b: 99 };
  return sharp({ create: { width: size, height: size, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}

export async function readText(store: Store, key: string): Promise<string | undefined> {
  const bytes = await store.get(key);
  return bytes && Buffer.from(bytes).toString();
}

/** All files of a batch by key. */
export async function readFiles(store: Store): Promise<Record<string, string>> {
  const keys = await store.list(`${places.folder}/`);
  return Object.fromEntries(
    await Promise.all(
      keys.map(async (key) => [key, Buffer.from((await store.get(key)) ?? []).toString('latin1')] as const),
    ),
  );
}
