import { countOutcomes } from '../batch/counts.ts';
import { sumUsd } from '../batch/money.ts';
import type { PlannedOutput } from '../batch/plan.ts';
import { settle } from '../batch/settle.ts';
import type { Answer, Manifest } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { getJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { readLog } from './collecting/log.ts';
import type { EndedJob, RoundPlan, Standing } from './types.ts';

/** The mark that a round is collected; with the checkpoints of its jobs it is all that became of it. */
export interface CollectedMark {
  jobs: EndedJob[];
  /** Outputs that no job of the round said anything about. */
  silent: Answer[];
  anomalies: string[];
  /** What answers cost that are nobody's. */
  strayUsd: number;
  next?: RoundPlan;
}

/** What all rounds up to one answered, in the order: round, job, line. Rounds that were not finished count with what they have. */
export async function readAnswers(store: Store, batchId: string, upTo: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (let round = 1; round <= upTo; round++)
    answers.push(...(await readRoundAnswers(store, batchId, round)));
  return answers;
}

async function readRoundAnswers(store: Store, batchId: string, round: number): Promise<Answer[]> {
  const mark = await getJson<CollectedMark>(store, batchPlaces(batchId).round(round).collected);
  const jobs = mark ? mark.jobs.map(({ job }) => job) : await listBegunJobs(store, batchId, round);
  const logs = await Promise.all(jobs.map((job) => readLog(store, batchId, round, job)));
  return [...logs.flatMap((log) => log.answers), ...(mark?.silent ?? [])];
}

/** Jobs of a round whose collecting began; for a round that was given up before its end. */
async function listBegunJobs(store: Store, batchId: string, round: number): Promise<string[]> {
  const { home } = batchPlaces(batchId).round(round);
  return (await store.folders(`${home}/collect/`)).map((folder) => `batches/${folder}`);
}

/** The last round that left anything in the store; 0 where none did. */
export async function findLastRound(store: Store, batchId: string): Promise<number> {
  const folders = await store.folders(batchPlaces(batchId).rounds);
  return Math.max(0, ...folders.map(Number).filter(Number.isInteger));
}

/** What answers cost that are nobody's, in all rounds up to one that are collected. */
export async function sumStrayUsd(store: Store, batchId: string, upTo: number): Promise<number> {
  let sum = 0;
  for (let round = 1; round <= upTo; round++) {
    const mark = await getJson<CollectedMark>(store, batchPlaces(batchId).round(round).collected);
    sum += mark?.strayUsd ?? 0;
  }
  return sum;
}

/** Where a batch stands by its answers. `missing` counts only what a job was asked for and did not answer. */
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
