import { inject } from 'vitest';
import type { BatchOptions, Manifest } from '../../src/contract/index.ts';
import type { Fault } from '../../src/emulator/index.ts';
import type { ShellResult } from '../support/shell.ts';
import { namePrefix, openTestBatch, parseSubmission, type TestBatch } from '../support/test-batch.ts';
import { createWorld, type World, type WorldOptions } from '../support/world.ts';
import { buildManifest, item } from './activities-kit.ts';

/** A batch on which commands are run, and what their shell knows of it. */
export interface ScenarioRun {
  world: World;
  batch: TestBatch;
  env: Record<string, string>;
}

/** A state in which commands of the runbook make sense, and what they promise. */
export interface Scenario {
  /** Strike each of its batches, and no other. */
  faults?: Fault[];
  options?: Partial<BatchOptions>;
  manifest?: Manifest;
  /** Where it cannot share one; it has no worker yet. */
  world?: () => Promise<World>;
  /** Brings the batch into the state; answers with what else the shell is to know. */
  begin: (run: ScenarioRun) => Promise<Record<string, string>>;
  verify: (run: ScenarioRun, results: ShellResult[]) => Promise<void>;
}

export const MANIFEST = buildManifest([item('hero'), item('flat')]);

/** What is to happen to one batch of a scenario. */
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

/** What a shell knows of a world and a batch in it. */
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

/** A world whose Google has a clock that stands: however slow the machine is, a job runs until it is let end. */
export async function createStoppedClockWorld(options: Pick<WorldOptions, 'keys'> = {}): Promise<World> {
  const clock = { at: Date.now() };
  const world = await createWorld({ ...options, jobSeconds: 60, now: () => clock.at });
  clocks.set(world, clock);
  return world;
}

/** Lets the jobs of a still world end; those of another end by themselves. */
export function letJobsEnd(world: World): void {
  const clock = clocks.get(world);
  if (clock) clock.at += 120_000;
}

/** Ends whatever times it was started with: one that Temporal's CLI started checks each 30 s. */
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
