import { worstCaseUsd } from '../batch/cost.ts';
import { groupBy } from '../batch/group.ts';
import type { PlannedOutput } from '../batch/plan.ts';
import { shouldTryAgain } from '../batch/retry.ts';
import { type Answer, HummingbatchError, type Manifest, type Reason } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { type BatchFiles, readBatchFiles, selectedOutputs } from './batch-files.ts';
import { collectJob, countAnswered, indexImages, type Tries } from './collecting/job.ts';
import type { Expectation } from './collecting/line.ts';
import { type JobLog, readJobLog } from './collecting/log.ts';
import type { ActivityDeps } from './deps.ts';
import { NonRetryableError } from './failure.ts';
import { readReserves } from './reserves.ts';
import {
  type CollectedMark,
  computeStanding,
  listStartedJobs,
  readAnswers,
  sumStrayUsd,
} from './standing.ts';
import type { StepContext } from './step.ts';
import type { Collected, CollectInput, EndedJob } from './types.ts';

/** A transfer that fails this often at the same checkpoint does not succeed with one more try. */
const MAX_TRIES_WITHOUT_PROGRESS = 5;

/**
 * Collects a round. Streams the result files of its jobs into images and answers, records the outputs without an
 * answer, and selects the outputs for the next round. Continues at the last checkpoint, so it may run any number of
 * times.
 */
export async function collectRound(
  deps: ActivityDeps,
  input: CollectInput,
  context: StepContext,
): Promise<Collected> {
  const tries = { here: await countTries(deps, input, context) };
  try {
    return await collect(deps, input, context, tries);
  } catch (error) {
    if (error instanceof HummingbatchError && tries.here >= MAX_TRIES_WITHOUT_PROGRESS) {
      throw new NonRetryableError(
        error,
        `${error.message} This was attempt ${tries.here} at the same checkpoint.`,
      );
    }
    throw error;
  }
}

async function collect(
  deps: ActivityDeps,
  input: CollectInput,
  context: StepContext,
  tries: Tries,
): Promise<Collected> {
  const { store } = deps;
  const { batchId, round } = input;
  const files = await readBatchFiles(store, batchId);
  const { manifest, plan } = files;
  const earlier = await readAnswers(store, batchId, round - 1);
  const expected = {
    model: manifest.model,
    round,
    outputs: indexOutputs(plan, manifest),
    images: groupImages(earlier),
  };
  // The names of images depend on those that the round has already, in whatever order its jobs are collected.
  for (const job of await listStartedJobs(store, batchId, round))
    indexImages(await readJobLog(store, batchId, round, job), expected.images);
  const logs: JobLog[] = [];
  for (const job of input.jobs) {
    logs.push(await collectJob(deps, { batchId, round, job, expected, tries }, context));
  }
  return input.isPartial ? readAccount(store, input, files) : closeRound(store, input, files, earlier, logs);
}

/** Counts and cost while other jobs of the round run. */
async function readAccount(
  store: Store,
  { batchId, round }: CollectInput,
  { manifest, plan }: BatchFiles,
): Promise<Collected> {
  const answers = await readAnswers(store, batchId, round);
  const strayUsd = await sumStrayUsd(store, batchId, round - 1);
  const reserves = await readReserves(store, batchId);
  return { ...computeStanding(plan, answers, strayUsd, manifest), reserves, anomalies: 0 };
}

/** Records the outputs without an answer, selects those of the next round, and marks the round as collected. */
async function closeRound(
  store: Store,
  input: CollectInput,
  { manifest, plan }: BatchFiles,
  earlier: Answer[],
  logs: JobLog[],
): Promise<Collected> {
  const { batchId, round } = input;
  const places = batchPlaces(batchId);
  const answered = logs.flatMap((log) => log.answers);
  const selected = await selectedOutputs(store, batchId, round, plan);
  const unanswered = listUnanswered(selected, answered, round, input.jobs);
  const answers = [...earlier, ...answered, ...unanswered];
  // Google lost a reference before its 48 h were over: all references are uploaded again.
  if (answered.some(({ reason }) => reason === 'reference-expired')) await store.delete(places.uploads);
  const retries = selectRetries(selected, answers, input);
  const next =
    retries.length > 0
      ? { round: round + 1, outputs: retries.length, ...worstCaseField(manifest, retries) }
      : undefined;

  if (next)
    await store.put(
      places.round(next.round).selection,
      toJson({ outputs: retries.map(({ output }) => output) }),
    );
  const anomalies = logs.flatMap(listAnomalies);
  const strayUsd = logs.reduce((sum, log) => sum + log.strayUsd, 0);
  const unmeteredUsd = computeUnmetered(manifest, selected, { logs, unanswered, jobs: input.jobs });
  const mark: CollectedMark = {
    jobs: input.jobs,
    ...{ unanswered, anomalies, strayUsd, unmeteredUsd },
    ...(next && { next }),
  };
  await store.put(places.round(round).collected, toJson(mark));
  const allStrayUsd = strayUsd + (await sumStrayUsd(store, batchId, round - 1));
  const standing = computeStanding(plan, answers, allStrayUsd, manifest);
  const reserves = await readReserves(store, batchId);
  return { ...standing, reserves, anomalies: anomalies.length, ...(next && { next }) };
}

/** How many attempts have started at the current checkpoint. Heartbeats carry the count over crashes of a worker. */
async function countTries(
  { store }: ActivityDeps,
  input: CollectInput,
  context: StepContext,
): Promise<number> {
  const before = context.lastHeartbeat as { checkpoints?: number; since?: number } | undefined;
  // A store that cannot be read has made no progress; collecting reports what is wrong with it.
  const checkpoints = await countCheckpoints(store, input).catch(() => before?.checkpoints);
  const since =
    before?.checkpoints === checkpoints && before?.since !== undefined ? before.since : context.attempt;
  context.heartbeat({ checkpoints, since });
  return context.attempt - since + 1;
}

async function countCheckpoints(store: Store, { batchId, round, jobs }: CollectInput): Promise<number> {
  const place = batchPlaces(batchId).round(round);
  const lists = await Promise.all(jobs.map(({ job }) => store.list(place.checkpoints(job))));
  return lists.reduce((sum, list) => sum + list.length, 0);
}

function indexOutputs(plan: PlannedOutput[], { items }: Manifest): Expectation['outputs'] {
  return new Map(
    plan.flatMap((planned) => {
      const item = items[planned.item];
      return item ? [[planned.output, { planned, item }]] : [];
    }),
  );
}

function groupImages(answers: Answer[]): Map<string, Map<string, string>> {
  const images = new Map<string, Map<string, string>>();
  for (const { output, image } of answers) {
    if (image) images.set(output, (images.get(output) ?? new Map()).set(image.sha256, image.file));
  }
  return images;
}

const REASON_BY_END: Partial<Record<EndedJob['state'], Reason>> = {
  EXPIRED: 'job-expired',
  FAILED: 'job-failed',
  CANCELLED: 'cancelled',
};

/** An answer `missing` for each output that no job of the round answered. */
function listUnanswered(
  selected: PlannedOutput[],
  answered: Answer[],
  round: number,
  jobs: EndedJob[],
): Answer[] {
  const known = new Set(answered.map(({ output }) => output));
  const job = jobs[0];
  const reason = (job && REASON_BY_END[job.state]) ?? 'no-answer';
  return selected
    .filter(({ output }) => !known.has(output))
    .map(({ output }) => ({
      output,
      outcome: 'missing',
      reason,
      flags: [],
      costUsd: 0,
      round,
      job: job?.job ?? '',
    }));
}

/**
 * The most that a collected round may have cost beside its usage, USD: answers without usage, and as many of the outputs without an
 * answer as the jobs' counters say that there are more answers. Google counts an answer when it has made it.
 */
function computeUnmetered(
  manifest: Manifest,
  selected: PlannedOutput[],
  { logs, unanswered, jobs }: { logs: JobLog[]; unanswered: Answer[]; jobs: EndedJob[] },
): number {
  const made = jobs.reduce((sum, { expectedLines }) => sum + expectedLines, 0);
  const found = logs.reduce((sum, log) => sum + countAnswered(log) + log.strays, 0);
  const lost = unanswered.slice(0, Math.max(0, made - found));
  const unmetered = new Set([...logs.flatMap((log) => log.unmetered), ...lost.map(({ output }) => output)]);
  const outputs = selected.filter(({ output }) => unmetered.has(output));
  return worstCaseUsd(manifest, outputs) ?? 0;
}

function selectRetries(selected: PlannedOutput[], answers: Answer[], input: CollectInput): PlannedOutput[] {
  // A retry starts counting again: tries before it do not count against an output.
  const recent = answers.filter(({ round }) => round >= input.firstRound);
  const byOutput = groupBy(recent, ({ output }) => output);
  return selected.filter(({ output }) => shouldTryAgain(byOutput.get(output) ?? [], input));
}

function listAnomalies({ anomalies, unlisted, job }: JobLog): string[] {
  return unlisted > 0 ? [...anomalies, `and ${unlisted} more in ${job}`] : anomalies;
}

function worstCaseField(manifest: Manifest, outputs: PlannedOutput[]): { worstUsd?: number } {
  const worstUsd = worstCaseUsd(manifest, outputs);
  return worstUsd === undefined ? {} : { worstUsd };
}
