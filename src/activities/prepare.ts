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
import type { KnownBatch } from '../contract/known.ts';
import { batchPlaces } from '../contract/places.ts';
import { computeFingerprint } from '../manifest/index.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import { parseStored } from '../manifest/stored.ts';
import { storeBehind } from '../store/behind.ts';
import { getJson, toJson } from '../store/json.ts';
import { noteStart } from '../store/starts.ts';
import type { Store } from '../store/store.ts';
import {
  type BatchIdentity,
  mergeSavedOptions,
  readBatchIdentity,
  saveOptions,
  selectedOutputs,
  writePlan,
} from './batch-files.ts';
import type { ActivityDeps } from './deps.ts';
import { wrongWorker } from './failure.ts';
import { requireKnown } from './known.ts';
import { readPermits } from './permits.ts';
import { prepareReferences } from './references.ts';
import { toBatchResult } from './report.ts';
import { readReserves } from './reserves.ts';
import { type Retry, resolveRetry } from './retry.ts';
import { type CollectedMark, computeStanding, findLastRound, readAnswers, sumStrayUsd } from './standing.ts';
import type { StepContext } from './step.ts';
import type { Prepared, PrepareInput, RoundPlan } from './types.ts';

/**
 * Validates the manifest and its references, and reads from the store where the batch stands. The store decides
 * whether a batch was started, is in a round or has ended, unless it has lost what Temporal knows.
 *
 * @throws `wrong-worker` where this store has no such manifest; `store-behind`, `manifest-invalid`, `batch-conflict`,
 *   `reference-unreachable`, `store-corrupt`, and other store errors
 */
export async function prepare(
  deps: ActivityDeps,
  request: PrepareInput,
  context: StepContext,
): Promise<Prepared> {
  const { store, gemini } = deps;
  const { input, batchId, fingerprint, startedAt } = request;
  const known = await readKnown(deps, request, context);
  const { manifest, sha256 } = await readManifest(store, input, known !== undefined);
  const nonce = await claimIdentity(deps, batchId, { manifest, sha256, fingerprint, nonce: known?.nonce });
  const retry = input.retry && (await resolveRetry(store, batchId, input.retry));
  const options = input.manifest ? input.options : await mergeSavedOptions(store, manifest, input);
  if (options) await saveOptions(store, batchId, options);
  // A batch that has ended begins anew only with a retry.
  if (startedAt !== undefined && (input.retry || !(await store.head(batchPlaces(batchId).report))))
    await noteStart(store, batchId, { at: startedAt, labels: options?.labels });
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
    reserves: await readReserves(store, batchId),
    ...(await findRemainingWork({ store, batchId, manifest, plan, retry })),
    ...(!input.manifest && options && { options }),
    searchAttributes: await deps.searchAttributes(),
    known: { nonce, permits: known?.permits ?? [] },
  };
}

/** What Temporal knows of the batch. @throws `store-behind` where the store has lost some of it, and no operator allows it */
async function readKnown(
  { store, knownBefore }: ActivityDeps,
  { batchId, before, isFirstRun, mayRestore }: PrepareInput,
  { runId, signal }: StepContext,
): Promise<KnownBatch | undefined> {
  const known = before ?? (isFirstRun ? undefined : await knownBefore(batchId, runId, signal));
  if (known && !mayRestore) await requireKnown(store, batchId, known);
  return known;
}

async function readManifest(store: Store, { batchId, manifest }: ImageBatchInput, isKnown: boolean) {
  const uri = manifest?.uri ?? batchPlaces(batchId).manifest;
  const bytes = await store.get(uri);
  if (!bytes && isKnown) throw storeBehind(store, batchId, `it has no ${uri}`);
  if (!bytes) {
    throw wrongWorker(
      `The store ${store.location} has no file ${uri}: the batch was started with another store.`,
    );
  }
  const sha256 = computeSha256(bytes);
  if (manifest && sha256 !== manifest.sha256) {
    throw new HummingbatchError(
      'batch-conflict',
      `${uri} is not the manifest that this batch was started with.`,
    );
  }
  return { manifest: parseStored(bytes, uri), sha256 };
}

interface StoredManifest {
  manifest: Manifest;
  /** Of its bytes in the store, hex. */
  sha256: string;
  /** Set where the client that started the batch computed it. */
  fingerprint: string | undefined;
  /** Of the jobs that Temporal knows. */
  nonce: string | undefined;
}

/**
 * Writes the batch's identity, once: its nonce tells which jobs are ours. A batch that has an identity must still ask
 * for the same outputs. The same bytes do; for other bytes the fingerprint decides, which leaves out how a batch is
 * run.
 *
 * @returns the nonce
 * @throws `batch-conflict` where the batch was started with another manifest
 */
async function claimIdentity(
  { store, now }: ActivityDeps,
  batchId: string,
  { manifest, sha256, fingerprint, nonce = randomBytes(6).toString('hex') }: StoredManifest,
): Promise<string> {
  const place = batchPlaces(batchId).identity;
  let identity = await getJson<BatchIdentity>(store, place);
  if (!identity) {
    const fresh: BatchIdentity = {
      nonce,
      fingerprint: fingerprint ?? computeFingerprint(manifest),
      manifestSha256: sha256,
      at: now(),
    };
    if (await store.putIfAbsent(place, toJson(fresh))) return nonce;
    identity = await readBatchIdentity(store, batchId);
  }
  if (identity.manifestSha256 === sha256) return identity.nonce;
  const found = computeFingerprint(manifest);
  if (identity.fingerprint === found) return identity.nonce;
  throw new HummingbatchError(
    'batch-conflict',
    `The batch ${batchId} was started with another manifest (fingerprint ${identity.fingerprint.slice(0, 8)}, not ${found.slice(0, 8)}).`,
  );
}

interface BatchContext {
  store: Store;
  batchId: string;
  manifest: Manifest;
  plan: PlannedOutput[];
  retry: Retry | undefined;
}

/**
 * The work that is left: the last round where it is open, else the next round that its collecting chose, else the
 * round that the retry asks for, else the first round. A round with a permit is always finished first, under its own
 * number, because it may have been paid for.
 */
async function findRemainingWork(
  batch: BatchContext,
): Promise<Pick<Prepared, 'finished' | 'next' | 'firstRound' | 'retryFollows'>> {
  const { store, batchId, retry } = batch;
  const places = batchPlaces(batchId);
  const last = await findLastRound(store, batchId);
  const mark = last > 0 ? await getJson<CollectedMark>(store, places.round(last).collected) : undefined;
  const started = retry && (await getJson<{ round: number }>(store, places.retryRound(retry.id)));
  const base = { firstRound: started?.round ?? 1, retryFollows: false };

  const isOpen = last > 0 && !mark;
  if (isOpen && (await readPermits(store, batchId, last)).length > 0) {
    const next: RoundPlan = { ...(await buildRoundPlan(batch, last)), submitted: true };
    return { ...base, next, retryFollows: retry !== undefined && !started };
  }
  const finished = await findFinishedResult(store, batchId, retry?.id, started?.round);
  if (finished) return { ...base, finished };
  if (retry && !started) {
    const round = isOpen ? last : last + 1;
    return { firstRound: round, retryFollows: false, ...toNext(await startRetry(batch, retry, round)) };
  }
  if (last === 0) return { ...base, next: await buildRoundPlan(batch, 1) };
  return { ...base, ...toNext(isOpen ? await buildRoundPlan(batch, last) : mark?.next) };
}

function toNext(next: RoundPlan | undefined): { next?: RoundPlan } {
  return next && next.outputs > 0 ? { next } : {};
}

/**
 * The result of a batch that has ended. The report is written last, so where it exists the batch is complete. A retry
 * has ended when the report is its own or a later one's; sending it again does nothing.
 */
async function findFinishedResult(
  store: Store,
  batchId: string,
  retryId: string | undefined,
  started: number | undefined,
): Promise<BatchResult | undefined> {
  const report = await getJson<Report>(store, batchPlaces(batchId).report);
  if (!report) return undefined;
  const reported = Math.max(0, ...report.rounds.map(({ round }) => round));
  const isOver =
    retryId === undefined || report.retryId === retryId || (started ?? Number.POSITIVE_INFINITY) <= reported;
  return isOver ? toBatchResult(report) : undefined;
}

/**
 * Starts the round of a retry with the outputs that it selected. Outputs that have an image by now are left out, unless
 * the retry asks to replace images.
 */
async function startRetry(batch: BatchContext, retry: Retry, round: number): Promise<RoundPlan> {
  const { store, batchId } = batch;
  const places = batchPlaces(batchId);
  const selection = await getJson<RetrySelection>(store, retry.uri);
  if (!selection) throw wrongWorker(`The store ${store.location} has no ${retry.uri}.`);
  const withImage = new Set(
    (await readAnswers(store, batchId, round)).filter(({ image }) => image).map(({ output }) => output),
  );
  const outputs = selection.outputs.filter((output) => selection.anew || !withImage.has(output));
  await store.put(places.round(round).selection, toJson({ outputs }));
  await store.put(places.retryRound(retry.id), toJson({ round }));
  return buildRoundPlan(batch, round);
}

async function buildRoundPlan(
  { store, batchId, manifest, plan }: BatchContext,
  round: number,
): Promise<RoundPlan> {
  const outputs = await selectedOutputs(store, batchId, round, plan);
  const worstUsd = worstCaseUsd(manifest, outputs);
  return { round, outputs: outputs.length, ...(worstUsd !== undefined && { worstUsd }) };
}
