import { inject } from 'vitest';
import type { BatchOptions, Manifest } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import type { ShellResult } from '../support/shell.ts';
import { namePrefix, openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

/** A batch on which commands run, with the environment of their shell. */
export interface ScenarioRun {
  world: World;
  batch: TestBatch;
  env: Record<string, string>;
}

/** A state for commands of the runbook, and a check of their effect. */
export interface Scenario {
  /** Faults that affect only the batches of this scenario. */
  faults?: Fault[];
  options?: Partial<BatchOptions>;
  manifest?: Manifest;
  /** Creates a separate world, without a worker, if the scenario cannot share one. */
  world?: () => Promise<World>;
  /** Brings the batch into the state. Returns further variables for the shell. */
  begin: (run: ScenarioRun) => Promise<Record<string, string>>;
  verify: (run: ScenarioRun, results: ShellResult[]) => Promise<void>;
}

export const MANIFEST = buildManifest([item('hero'), item('flat')]);

/** The faults of one batch of a scenario. */
export function buildFaults(id: string, { faults = [] }: Pick<Scenario, 'faults'> = {}): Fault[] {
  return faults.map((fault) => ({ ...fault, match: { name: namePrefix(id) } }));
}

export async function startBatch(
  world: World,
  batchId: string,
  { manifest = MANIFEST, options = {} }: Scenario,
) {
  await world.hummingbatch.startNormalised({ manifest, batchId, options });
  return openTestBatch(world, batchId);
}

/** The environment of a shell for a world and one batch in it. */
export function readEnvironment(world: World, id: string): Record<string, string> {
  return {
    TEMPORAL_ADDRESS: inject('temporal'),
    HUMMINGBATCH_STORE: world.store.location,
    HUMMINGBATCH_TASK_QUEUE: world.taskQueue,
    HUMMINGBATCH_GEMINI_URL: world.emulator.url,
    HUMMINGBATCH_CHECK_INTERVAL: '1s',
    HUMMINGBATCH_SUBMIT_WINDOW: '1s',
    GEMINI_API_KEY: 'test-key',
    GEMINI_URL: world.emulator.url,
    QUEUE: world.taskQueue,
    ID: id,
  };
}

const clocks = new WeakMap<World, { at: number }>();

/** A world whose emulator has a stopped clock: a job runs until `letJobsEnd`, however slow the machine is. */
export async function createStoppedClockWorld(options: Pick<WorldOptions, 'keys'> = {}): Promise<World> {
  const clock = { at: Date.now() };
  const world = await createWorld({ ...options, jobSeconds: 60, now: () => clock.at });
  clocks.set(world, clock);
  return world;
}

/** Ends the jobs of a world with a stopped clock. In other worlds they end automatically. */
export function letJobsEnd(world: World): void {
  const clock = clocks.get(world);
  if (clock) clock.at += 120_000;
}

/** Waits for the end of a batch with frequent checks: a batch started by Temporal's CLI checks only every 30 s. */
export async function waitForEnd(batch: TestBatch) {
  await batch.until(async ({ state, endedAt }) => {
    if (endedAt !== undefined) return true;
    const running = (await batch.jobs()).some((job) => job.state === 'PENDING' || job.state === 'RUNNING');
    if (state === 'WAITING' && !running) await batch.handle.checkNow().catch(() => undefined);
    return false;
  });
  return batch.ended();
}

export async function readSubmissions(batch: TestBatch): Promise<string[]> {
  return (await batch.jobs()).map(parseSubmission).sort();
}

export async function readJob(batch: TestBatch): Promise<{ JOB: string }> {
  return { JOB: (await batch.jobs())[0]?.name ?? '' };
}

export async function pendingActivity({ world, batch }: ScenarioRun) {
  const { raw } = await world.client.workflow.getHandle(batch.handle.workflowId).describe();
  return raw.pendingActivities?.[0];
}
