import { countOutcomes } from '../batch/counts.ts';
import { sumUsd } from '../batch/money.ts';
import type { PlannedOutput } from '../batch/plan.ts';
import { settle } from '../batch/settle.ts';
import type { Answer, Manifest } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { readJobLog } from './collecting/log.ts';
import type { EndedJob, RoundPlan, Standing } from './types.ts';

/**
 * Written when a round is collected. Together with the checkpoints of its jobs it holds everything that the round
 * answered.
 */
export interface CollectedMark {
  jobs: EndedJob[];
  /** Outputs that no job of the round answered. */
  unanswered: Answer[];
  anomalies: string[];
  /** The cost of answers that belong to no output, USD. */
  strayUsd: number;
  /** The most that answers may cost that do not say it, or that the jobs counted and their files do not have, USD. */
  unmeteredUsd: number;
  next?: RoundPlan;
}

/**
 * The answers of all rounds up to `upTo`, ordered by round, job and line. Unfinished rounds count with the answers they
 * have.
 */
export async function readAnswers(store: Store, batchId: string, upTo: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let round = 1; round <= upTo; round++)
    answers.push(...(await readRoundAnswers(store, batchId, round)));
  return answers;
}

async function readRoundAnswers(store: Store, batchId: string, round: number): Promise<Answer[]> {
  const mark = await getJson<CollectedMark>(store, batchPlaces(batchId).round(round).collected);
  const jobs = mark ? mark.jobs.map(({ job }) => job) : await listStartedJobs(store, batchId, round);
  const logs = await Promise.all(jobs.map((job) => readJobLog(store, batchId, round, job)));
  return [...logs.flatMap((log) => log.answers), ...(mark?.unanswered ?? [])];
}

/** The jobs of a round whose collecting started, also where the round was left before its end. */
export async function listStartedJobs(store: Store, batchId: string, round: number): Promise<string[]> {
  const { folder } = batchPlaces(batchId).round(round);
  return (await store.folders(`${folder}/collect/`)).map((job) => `batches/${job}`);
}

/** The number of the last round that has a folder in the store; 0 where there is none. */
export async function findLastRound(store: Store, batchId: string): Promise<number> {
  const folders = await store.folders(batchPlaces(batchId).rounds);
  return Math.max(0, ...folders.map(Number).filter(Number.isInteger));
}

/** The cost of answers that belong to no output, in all collected rounds up to `upTo`, USD. */
export async function sumStrayUsd(store: Store, batchId: string, upTo: number): Promise<number> {
  let sum = 0;
  for (let round = 1; round <= upTo; round++) {
    const mark = await getJson<CollectedMark>(store, batchPlaces(batchId).round(round).collected);
    sum += mark?.strayUsd ?? 0;
  }
  return sum;
}

/**
 * Counts and cost of a batch by its answers. `missing` counts only outputs that a job was asked for and did not answer.
 */
export function computeStanding(
  plan: PlannedOutput[],
  answers: Answer[],
  strayUsd: number,
  manifest: Manifest,
): Standing {
  const asked = new Set(answers.map(({ output }) => output));
  const records = settle(
    plan.filter(({ output }) => asked.has(output)),
    answers,
    manifest,
  );
  return {
    counts: { ...countOutcomes(records), total: plan.length },
    actualUsd: sumUsd([...records.map(({ costUsd }) => costUsd), strayUsd]),
  };
}
