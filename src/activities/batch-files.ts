import { type PlannedOutput, planOutputs } from '../batch/plan.ts';
import {
  BATCH_OPTIONS,
  type BatchOptions,
  check,
  HummingbatchError,
  type ImageBatchInput,
  type Manifest,
  RUN_OPTIONS,
  type RunOptions,
  withoutNull,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { runOptionsFrom } from '../manifest/run-options.ts';
import { parseStored } from '../manifest/stored.ts';
import { getJson, getJsonLines, toJson, toJsonLines } from '../store/json.ts';
import type { Store } from '../store/store.ts';

/** What the first `prepare` of a batch writes, once: who its jobs belong to, and what it was started with. */
export interface BatchIdentity {
  /** Random: no other batch, store or machine has a job with this in its name. */
  nonce: string;
  /** Of the manifest: what a later start under the same batch id is compared with. */
  fingerprint: string;
  /** SHA-256 of the bytes of the manifest that the batch was started with, hex. */
  manifestSha256: string;
  /** When the batch began, ms since 1970. */
  at: number;
}

/** A reference whose bytes are in the store. */
export interface StoredReference {
  sha256: string;
  place: string;
  mime: string;
  bytes: number;
}

/** The images of each reference, by the reference's name, in the manifest's order. */
export type StoredReferences = Record<string, StoredReference[]>;

/** Manifest and plan of a batch that is prepared. */
export interface BatchFiles {
  manifest: Manifest;
  plan: PlannedOutput[];
}

/**
 * Reads manifest and plan as `prepare` wrote them. The plan is read and not computed again, so that a newer version of
 * hummingbatch keeps the file names of a running batch.
 *
 * @throws `store-corrupt` where one of them is missing
 */
export async function readBatchFiles(store: Store, batchId: string): Promise<BatchFiles> {
  const place = batchPlaces(batchId).plan;
  const [manifest, plan] = await Promise.all([
    readBatchManifest(store, batchId),
    getJsonLines<PlannedOutput>(store, place),
  ]);
  if (!plan) throw missingFile(store, place);
  return { manifest, plan };
}

/**
 * Reads the identity alone: the nonce is all that a search for jobs needs, and validating a manifest of 1000 outputs
 * for it would cost more than the search.
 *
 * @throws `store-corrupt` where it is missing
 */
export async function readBatchIdentity(store: Store, batchId: string): Promise<BatchIdentity> {
  const place = batchPlaces(batchId).identity;
  const identity = await getJson<BatchIdentity>(store, place);
  if (!identity) throw missingFile(store, place);
  return identity;
}

function missingFile(store: Store, place: string): HummingbatchError {
  return new HummingbatchError('store-corrupt', `The store ${store.location} has lost the file ${place}.`);
}

export async function readBatchManifest(store: Store, batchId: string): Promise<Manifest> {
  const key = batchPlaces(batchId).manifest;
  const bytes = await store.get(key);
  if (!bytes) throw missingFile(store, key);
  return parseStored(bytes, key);
}

/** Saves the run options in the store. A later retry uses the same options, whoever starts it. */
export async function saveOptions(
  store: Store,
  batchId: string,
  options: Partial<BatchOptions>,
): Promise<void> {
  const saved: RunOptions = Object.fromEntries(
    Object.entries(withoutNull(options)).filter(([name]) =>
      (RUN_OPTIONS as readonly string[]).includes(name),
    ),
  );
  await store.put(batchPlaces(batchId).options, toJson(saved));
}

/**
 * The run options of a retry. This start's options win over the saved ones, and those win over the manifest's `run`
 * block.
 *
 * @throws `usage` where a saved option is not accepted
 */
export async function mergeSavedOptions(
  store: Store,
  manifest: Manifest,
  { batchId, options = {} }: Pick<ImageBatchInput, 'batchId' | 'options'>,
): Promise<Partial<BatchOptions>> {
  const saved = (await getJson<RunOptions>(store, batchPlaces(batchId).options)) ?? {};
  return check(BATCH_OPTIONS, { ...runOptionsFrom(manifest), ...saved, ...withoutNull(options) });
}

/** Writes the plan where there is none; else reads it, so that the outputs keep their file names. */
export async function writePlan(store: Store, batchId: string, manifest: Manifest): Promise<PlannedOutput[]> {
  const places = batchPlaces(batchId);
  const known = await getJsonLines<PlannedOutput>(store, places.plan);
  if (known) return known;
  const plan = planOutputs(manifest);
  await store.put(places.plan, toJsonLines(plan));
  return plan;
}

/**
 * The outputs that a round asks for. Only the first round may have no selection file: it asks for all outputs.
 *
 * @throws `store-corrupt` where a later round has lost its selection: without it every output would be paid for again
 */
export async function selectedOutputs(
  store: Store,
  batchId: string,
  round: number,
  plan: PlannedOutput[],
): Promise<PlannedOutput[]> {
  const place = batchPlaces(batchId).round(round).selection;
  const selection = await getJson<{ outputs: string[] }>(store, place);
  if (!selection && round > 1) throw missingFile(store, place);
  if (!selection) return plan;
  const wanted = new Set(selection.outputs);
  return plan.filter(({ output }) => wanted.has(output));
}
