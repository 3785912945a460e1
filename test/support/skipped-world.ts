import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import pino from 'pino';
import {
  type Activities,
  type ActivityDeps,
  createActivities,
  createTurns,
} from '../../src/activities/index.ts';
import { createHummingbatch } from '../../src/client/index.ts';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { createGemini } from '../../src/gemini/index.ts';
import { openStore } from '../../src/store/open.ts';
import { disableContext } from '../../src/worker/close-connection.ts';
import { startServer, startWorkers, TASK_QUEUE } from '../workflow/support/skipped-time.ts';

const TURNS = createTurns({ atOnce: 2, sliceMs: 5_000 });

/** One attempt of a step. `run` executes the real activity with the given dependencies. */
export interface Attempt {
  step: keyof Activities;
  input: { batchId: string };
  /** From 1. */
  number: number;
  deps: ActivityDeps;
  run: (deps: ActivityDeps) => Promise<unknown>;
}

/**
 * An emulator, a store and the real activities on a Temporal server that skips idle time. Emulator and activities use the
 * server's clock, so jobs may take hours, and the window in which a new job is not yet visible can have its real 90 s.
 */
export async function createSkippedWorld(
  options: EmulatorOptions,
  attempt: (attempt: Attempt) => Promise<unknown>,
) {
  const folder = await mkdtemp(join(tmpdir(), 'hummingbatch-skipped-'));
  const environment = await startServer();
  const clock = followClock(environment);
  const emulator = await createEmulator({ images: 'plain', now: clock.now, ...options });
  const store = await openStore(join(folder, 'store'));
  const deps: ActivityDeps = {
    store,
    gemini: createGemini({ baseUrl: emulator.url, apiKey: 'test-key' }),
    log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }, pino.destination(2)),
    now: clock.now,
    pause: clock.pause,
    random: Math.random,
    fetchReference: () => Promise.reject(new Error('no test fetches references by URL')),
    webhookSecrets: () => undefined,
    postWebhook: () => Promise.reject(new Error('this test has no webhook receiver')),
    searchAttributes: async () => [],
    knownBefore: async () => undefined,
  };
  const workers = await startWorkers(environment, setClockBefore(deps, clock, attempt));
  const { client } = environment;
  return {
    emulator,
    store,
    client,
    hummingbatch: createHummingbatch({ store, client, taskQueue: TASK_QUEUE }),
    /** Advances the time. */
    sleep: (ms: number) => environment.sleep(ms),
    async close(): Promise<void> {
      await workers.stop();
      await environment.teardown();
      disableContext(environment.nativeConnection);
      await emulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type SkippedWorld = Awaited<ReturnType<typeof createSkippedWorld>>;

interface Clock {
  now: () => number;
  /** The server skips time only while no step runs, so each step sets the clock when it begins. */
  set: () => Promise<void>;
  pause: (ms: number) => Promise<void>;
}

function followClock(environment: TestWorkflowEnvironment): Clock {
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;
  return {
    now,
    async set() {
      const current = await environment.currentTimeMs();
      // Never backwards: two answers may arrive in a different order than they were sent.
      aheadMs = Math.max(aheadMs, current - Date.now());
    },
    async pause(ms) {
      aheadMs += ms;
    },
  };
}

function setClockBefore(
  deps: ActivityDeps,
  clock: Clock,
  attempt: (attempt: Attempt) => Promise<unknown>,
): object {
  const steps = Object.keys(createActivities(deps, TURNS)) as (keyof Activities)[];
  const begin = (step: keyof Activities) => async (input: { batchId: string }) => {
    await clock.set();
    const run = (deps: ActivityDeps) => createActivities(deps, TURNS)[step](input as never);
    return attempt({ step, input, number: Context.current().info.attempt, deps, run });
  };
  return Object.fromEntries(steps.map((step) => [step, begin(step)]));
}
