import { randomBytes } from 'node:crypto';
import { estimate, worstCaseUsd } from '../batch/cost.ts';
import { roundUsd } from '../batch/money.ts';
import type { PlannedOutput } from '../batch/plan.ts';
import {
  type BatchResult,
  HummingbatchError,
  type ImageBatchInput,
  type Manifest,
  type Report,
  type RetrySelection,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { computeFingerprint } from '../manifest/index.ts';
import { sha256Of } from '../manifest/sha256.ts';
import { parseStored } from '../manifest/stored.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import {
  type BatchIdentity,
  keepOptions,
  optionsAsBefore,
  selectedOutputs,
  writePlan,
} from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import { wrongWorker } from './failure.ts';
import { readPermits } from './permits.ts';
import { prepareReferences } from './references.ts';
import { toBatchResult } from './report.ts';
import { type Retry, resolveRetry } from './retry.ts';
import { type CollectedMark, computeStanding, findLastRound, readAnswers, sumStrayUsd } from './standing.ts';
import type { StepContext } from './step.ts';
import type { Prepared, PrepareInput, RoundPlan } from './types.ts';

/**
 * Validates the manifest and its references, and finds out where the batch stands: the store has the last word on
 * whether it was begun, is in a round or has ended, whatever Temporal remembers.
 */
export async function prepare(
  deps: ActivityDeps,
  { input, batchId }: PrepareInput,
  context: StepContext,
): Promise<Prepared> {
  const { store, gemini } = deps;
  const manifest = await readManifest(store, input);
  await begin(deps, batchId, manifest);
  const retry = input.retry && (await resolveRetry(store, batchId, input.retry));
  const options = input.manifest ? input.options : await optionsAsBefore(store, manifest, input);
  if (options) await keepOptions(store, batchId, options);
  await prepareReferences(deps, batchId, manifest, context);
  const plan = await writePlan(store, batchId, manifest);

  const price = estimate(manifest, plan).price;
  const rounds = await findLastRound(store, batchId);
  const standing = computeStanding(
    plan,
    await readAnswers(store, batchId, rounds),
    await sumStrayUsd(store, batchId, rounds),
    manifest,
  );
  return {
    where: { store: store.id, endpoint: gemini.endpoint, keyFingerprint: gemini.keyFingerprint },
    model: manifest.model,
    outputs: plan.length,
    ...(price && { estimatedUsd: roundUsd(price.batchUsd) }),
    ...standing,
    ...(await findRemainingWork({ store, batchId, manifest, plan, retry })),
    ...(!input.manifest && options && { options }),
    searchAttributes: await deps.searchAttributes(),
  };
}

async function readManifest(store: Store, { batchId, manifest }: ImageBatchInput): Promise<Manifest> {
  const uri = manifest?.uri ?? batchPlaces(batchId).manifest;
  const bytes = await store.get(uri);
  if (!bytes) {
    throw wrongWorker(`The store ${store.location} has no ${uri}: the batch was started with another store.`);
  }
  if (manifest && sha256Of(bytes) !== manifest.sha256) {
    throw new HummingbatchError(
      'batch-conflict',
      `${uri} is not the manifest that this batch was started with.`,
    );
  }
  return parseStored(bytes, uri);
}

/** Writes down, once, whose jobs are ours; refuses a folder that was begun with something else. */
async function begin({ store, now }: ActivityDeps, batchId: string, manifest: Manifest): Promise<void> {
  const place = batchPlaces(batchId).identity;
  const fingerprint = computeFingerprint(manifest);
  const fresh: BatchIdentity = { nonce: randomBytes(6).toString('hex'), fingerprint, at: now() };
  if (await store.putIfAbsent(place, toJson(fresh))) return;
  const begun = await getJson<BatchIdentity>(store, place);
  if (begun?.fingerprint !== fingerprint) {
    throw new HummingbatchError(
      'batch-conflict',
      `The batch ${batchId} was begun with another manifest (fingerprint ${begun?.fingerprint.slice(0, 8)}, not ${fingerprint.slice(0, 8)}).`,
    );
  }
}

interface Here {
  store: Store;
  batchId: string;
  manifest: Manifest;
  plan: PlannedOutput[];
  retry: Retry | undefined;
}

/**
 * What is to be done: the last round where it is open, else what its collecting left over, else what the retry asks for,
 * else the first round. A round with a permit is always finished first, under its own number: it may have been paid for.
 */
async function findRemainingWork(
  here: Here,
): Promise<Pick<Prepared, 'finished' | 'next' | 'firstRound' | 'retryFollows'>> {
  const { store, batchId, retry } = here;
  const places = batchPlaces(batchId);
  const last = await findLastRound(store, batchId);
  const mark = last > 0 ? await getJson<CollectedMark>(store, places.round(last).collected) : undefined;
  const begun = retry && (await getJson<{ round: number }>(store, places.retryRound(retry.id)));
  const base = { firstRound: begun?.round ?? 1, retryFollows: false };

  const isOpen = last > 0 && !mark;
  if (isOpen && (await readPermits(store, batchId, last)).length > 0) {
    const next: RoundPlan = { ...(await roundPlan(here, last)), submitted: true };
    return { ...base, next, retryFollows: retry !== undefined && !begun };
  }
  const finished = await finishedResult(store, batchId, retry?.id, begun?.round);
  if (finished) return { ...base, finished };
  if (retry && !begun) {
    const round = isOpen ? last : last + 1;
    return { firstRound: round, retryFollows: false, ...toNext(await beginRetry(here, retry, round)) };
  }
  if (last === 0) return { ...base, next: await roundPlan(here, 1) };
  return { ...base, ...toNext(isOpen ? await roundPlan(here, last) : mark?.next) };
}

function toNext(next: RoundPlan | undefined): { next?: RoundPlan } {
  return next && next.outputs > 0 ? { next } : {};
}

/**
 * How it ended, where it did: the report is written last. A retry has ended when the report is its own, or of a later one:
 * sent again it does nothing.
 */
async function finishedResult(
  store: Store,
  batchId: string,
  retryId: string | undefined,
  begun: number | undefined,
): Promise<BatchResult | undefined> {
  const report = await getJson<Report>(store, batchPlaces(batchId).report);
  if (!report) return undefined;
  const reported = Math.max(0, ...report.rounds.map(({ round }) => round));
  const isOver =
    retryId === undefined || report.retryId === retryId || (begun ?? Number.POSITIVE_INFINITY) <= reported;
  return isOver ? toBatchResult(report) : undefined;
}

/** Takes over what the retry selected. Unless it names outputs to make anew, those that became images meanwhile are left out. */
async function beginRetry(here: Here, retry: Retry, round: number): Promise<RoundPlan> {
  const { store, batchId } = here;
  const places = batchPlaces(batchId);
  const selection = await getJson<RetrySelection>(store, retry.uri);
  if (!selection) throw wrongWorker(`The store ${store.location} has no ${retry.uri}.`);
  const there = new Set(
    (await readAnswers(store, batchId, round)).filter(({ image }) => image).map(({ output }) => output),
  );
  const outputs = selection.outputs.filter((output) => selection.anew || !there.has(output));
  await store.put(places.round(round).selection, toJson({ outputs }));
  await store.put(places.retryRound(retry.id), toJson({ round }));
  return roundPlan(here, round);
}

async function roundPlan({ store, batchId, manifest, plan }: Here, round: number): Promise<RoundPlan> {
  const outputs = await selectedOutputs(store, batchId, round, plan);
  const worstUsd = worstCaseUsd(manifest, outputs);
  return { round, outputs: outputs.length, ...(worstUsd !== undefined && { worstUsd }) };
}
