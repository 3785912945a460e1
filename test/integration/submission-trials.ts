import type { ActivityDeps } from '../../src/activities/index.ts';
import {
  type BatchOptions,
  HummingbatchError,
  type OutputRecord,
  type Report,
  toWorkflowId,
} from '../../src/contract/index.ts';
import { batchPlaces } from '../../src/contract/places.ts';
import type { Fault, JobEntry } from '../../src/emulator/index.ts';
import { getJson, getJsonLines } from '../../src/store/json.ts';
import { listJobs } from '../support/jobs.ts';
import { pick, seeded } from '../support/seeded.ts';
import { type Attempt, createSkippedWorld, type SkippedWorld } from '../support/skipped-world.ts';
import { buildManifest, item } from './activities-kit.ts';

const SEED = 20261124;
export const OUTPUTS = 3;
/** The window in which LIST may not show a new job. */
const WINDOW_MS = 90_000;
/** Few checks: each takes time, and they are not the subject of these trials. */
const CHECK_INTERVAL_MS = 240_000;

/** A fault of the one POST of a submission. */
type CreateFault = (name: string) => Fault;
const at = (fault: object): CreateFault => {
  return (name) => ({ ...fault, times: 1, match: { name } }) as Fault;
};
export const AT_CREATE: readonly CreateFault[] = [
  at({ fault: 'create.answer-lost' }),
  at({ fault: 'create.answer-lost' }),
  at({ fault: 'create.cut' }),
  at({ fault: 'create.refuse', status: 'UNAVAILABLE' }),
  at({ fault: 'create.refuse', status: 'INTERNAL' }),
  at({ fault: 'create.refuse', status: 'RESOURCE_EXHAUSTED' }),
  at({ fault: 'create.html' }),
  at({ fault: 'create.garbage' }),
  at({ fault: 'create.answer-slow', ms: 30 }),
];
/** One POST that creates two jobs: no client can prevent it, and only LIST shows it. */
export const TWICE: CreateFault = at({ fault: 'create.twice' });

/** Where the first attempt of a submission dies. Another attempt follows, as on another worker. */
const DEATHS = {
  'before the permit': (deps) => ({
    store: { ...deps.store, putIfAbsent: () => Promise.reject(workerDied()) },
  }),
  'before the POST': ({ gemini }) => ({
    gemini: { ...gemini, jobs: { ...gemini.jobs, create: () => Promise.reject(workerDied()) } },
  }),
  'before the answer': ({ gemini: { jobs, ...gemini } }) => ({
    gemini: {
      ...gemini,
      jobs: { ...jobs, create: (...call) => jobs.create(...call).then(() => Promise.reject(workerDied())) },
    },
  }),
} satisfies Record<string, (deps: ActivityDeps) => Partial<ActivityDeps>>;
type Death = keyof typeof DEATHS | 'before its result';
const ALL_DEATHS: readonly Death[] = [
  ...(Object.keys(DEATHS) as (keyof typeof DEATHS)[]),
  'before its result',
];

/** A batch and the faults of its submissions. */
interface Trial {
  id: string;
  faults: Fault[];
  /** Deaths of the first attempts of its first submissions. */
  deaths: (Death | undefined)[];
}

export interface Trials {
  kind: string;
  count: number;
  atCreate: readonly CreateFault[];
  /** How long LIST does not show a job, ms. */
  unlisted: { least: number; most: number };
  jobSeconds: number;
  options?: Partial<BatchOptions>;
  /** Runs a batch to its end, with the actions of an operator. */
  attend?: (world: SkippedWorld, id: string) => Promise<void>;
}

/** The outcome of a trial. */
export interface Outcome {
  id: string;
  /** Whether Google executed one of its POSTs twice. */
  twice: boolean;
  /** All jobs of its batch at Google. */
  jobs: JobEntry[];
  records: OutputRecord[];
  report: Report;
}

/** Fewer jobs at Google make LIST faster. */
const AT_ONE_GOOGLE = 50;

/**
 * Runs all trials one after another, because skipping time affects all batches of a server.
 *
 * @returns the outcome of each trial, and how often each fault occurred
 */
export async function runTrials(trials: Trials) {
  const all = Array.from({ length: trials.count }, (_, number) => buildTrial(trials, number));
  const outcomes: Outcome[] = [];
  const faultCounts: Partial<Record<string, number>> = {};
  for (let from = 0; from < all.length; from += AT_ONE_GOOGLE) {
    const some = all.slice(from, from + AT_ONE_GOOGLE);
    const world = await openWorld(trials, some);
    for (const trial of some) outcomes.push(await runTrial(world, trials, trial));
    const { faults } = await world.emulator.ledger();
    for (const [name, times] of Object.entries(faults)) faultCounts[name] = (faultCounts[name] ?? 0) + times;
    await world.close();
  }
  return { outcomes, faultCounts };
}

/** The trials that did not end with exactly one paid job. */
export function findNotOnePaid(outcomes: readonly Outcome[]): [id: string, jobs: JobEntry[]][] {
  return outcomes
    .filter(({ jobs }) => jobs.filter(({ cancelled }) => !cancelled).length !== 1)
    .map(({ id, jobs }) => [id, jobs]);
}

function buildTrial({ kind, atCreate, unlisted }: Trials, number: number): Trial {
  const id = `${kind}-${number}`;
  const random = seeded(SEED + number);
  const name = `^hb/${id}/`;
  const create = Array.from({ length: Math.floor(random() * 3) }, () => pick(random, atCreate)(name));
  const afterMs = Math.floor(unlisted.least + random() * (unlisted.most - unlisted.least));
  const late: Fault = { fault: 'job.unlisted', afterMs, match: { name } };
  const deaths = [1, 2].map(() => (random() < 0.4 ? pick(random, ALL_DEATHS) : undefined));
  return { id, deaths, faults: [...create, ...(random() < 0.8 ? [late] : [])] };
}

function openWorld({ jobSeconds }: Trials, all: readonly Trial[]): Promise<SkippedWorld> {
  const lists: Fault = { fault: 'list.refuse', status: 'UNAVAILABLE', probability: 0.02 };
  const faults = { seed: SEED, faults: [...all.flatMap((trial) => trial.faults), lists] };
  const byId = new Map(all.map((trial) => [trial.id, trial]));
  return createSkippedWorld({ jobSeconds, faults }, (attempt) => runOrDie(attempt, byId));
}

async function runTrial(
  world: SkippedWorld,
  { options, attend = waitForEnd }: Trials,
  { id: batchId, faults }: Trial,
): Promise<Outcome> {
  const common = { submitWindowMs: WINDOW_MS, checkIntervalMs: CHECK_INTERVAL_MS, maxRounds: 1 };
  const manifest = buildManifest([item('a', { count: OUTPUTS })]);
  await world.hummingbatch.startNormalised({ manifest, batchId, options: { ...common, ...options } });
  await attend(world, batchId);
  const { results, report } = batchPlaces(batchId);
  return {
    id: batchId,
    twice: faults.some(({ fault }) => fault === 'create.twice'),
    jobs: listJobs((await world.emulator.ledger()).jobs, batchId),
    records: (await getJsonLines<OutputRecord>(world.store, results)) ?? [],
    report: (await getJson<Report>(world.store, report)) as Report,
  };
}

async function waitForEnd({ client }: SkippedWorld, id: string): Promise<void> {
  await client.workflow.getHandle(toWorkflowId(id)).result();
}

async function runOrDie({ step, input, number, deps, run }: Attempt, trials: ReadonlyMap<string, Trial>) {
  const { submission = 0 } = input as { submission?: number };
  const death = trials.get(input.batchId)?.deaths[submission - 1];
  if (step !== 'createJob' || number > 1 || !death) return run(deps);
  if (death !== 'before its result') return run({ ...deps, ...DEATHS[death](deps) });
  await run(deps);
  throw workerDied();
}

function workerDied(): HummingbatchError {
  return new HummingbatchError('aborted', 'The worker is gone.');
}
