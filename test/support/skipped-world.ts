import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import pino from 'pino';
import { type Activities, type ActivityDeps, createActivities } from '../../src/activities/index.ts';
import { createHummingbatch } from '../../src/client/index.ts';
import { createEmulator, type EmulatorOptions } from '../../src/emulator/index.ts';
import { createGemini } from '../../src/gemini/index.ts';
import { openStore } from '../../src/store/open.ts';
import { startServer, startWorkers, TASK_QUEUE } from '../workflow/support/skipped-time.ts';

/** One attempt of a step: `run` does what a worker would do, with these things from outside. */
export interface Attempt {
  step: keyof Activities;
  input: { batchId: string };
  /** From 1. */
  number: number;
  deps: ActivityDeps;
  run: (deps: ActivityDeps) => Promise<unknown>;
}

/**
 * An emulator, a store and real steps on a Temporal server that skips the time in which nothing happens. Emulator and
 * steps go by the server's clock: jobs may take hours, and the window in which a job is not yet to be seen its 90 s.
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
    postWebhook: () => Promise.reject(new Error('no test posts unless it says where')),
    searchAttributes: async () => [],
  };
  const workers = await startWorkers(environment, onTime(deps, clock, attempt));
  const { client } = environment;
  return {
    emulator,
    store,
    client,
    hummingbatch: createHummingbatch({ store, client, taskQueue: TASK_QUEUE }),
    /** Lets time go by. */
    sleep: (ms: number) => environment.sleep(ms),
    async close(): Promise<void> {
      await workers.stop();
      await environment.teardown();
      await emulator.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type SkippedWorld = Awaited<ReturnType<typeof createSkippedWorld>>;

interface Clock {
  now: () => number;
  /** Time is skipped while no step runs; so a step sets the clock when it begins. */
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
      // Never back: two answers may come in another order than they were given.
      aheadMs = Math.max(aheadMs, current - Date.now());
    },
    async pause(ms) {
      aheadMs += ms;
    },
  };
}

function onTime(deps: ActivityDeps, clock: Clock, attempt: (attempt: Attempt) => Promise<unknown>): object {
  const steps = Object.keys(createActivities(deps)) as (keyof Activities)[];
  const begin = (step: keyof Activities) => async (input: { batchId: string }) => {
    await clock.set();
    const run = (deps: ActivityDeps) => createActivities(deps)[step](input as never);
    return attempt({ step, input, number: Context.current().info.attempt, deps, run });
  };
  return Object.fromEntries(steps.map((step) => [step, begin(step)]));
}
