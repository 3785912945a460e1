import { type PlannedOutput, planOutputs } from '../batch/plan.ts';
import {
  type BatchOptions,
  HummingbatchError,
  type ImageBatchInput,
  type Manifest,
  RUN_OPTIONS,
  type RunOptions,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { runOptionsFrom } from '../manifest/run-options.ts';
import { parseStored } from '../manifest/stored.ts';
import { getJson, getJsonLines, toJson, toJsonLines } from '../store/json.ts';
import type { Store } from '../store/store.ts';

/** What the first `prepare` of a batch decided, once and for all. */
export interface BatchIdentity {
  /** Random: no other batch, store or machine has a job with this in its name. */
  nonce: string;
  fingerprint: string;
  /** ms since 1970. */
  at: number;
}

/** A reference as the steps use it: its bytes lie in the store. */
export interface StoredReference {
  sha256: string;
  place: string;
  mime: string;
  bytes: number;
}

/** What `prepare` found out about the references, by name, in their order. */
export type StoredReferences = Record<string, StoredReference[]>;

/** Begun, plan and manifest of a batch that is prepared. */
export interface BatchFiles {
  manifest: Manifest;
  plan: PlannedOutput[];
  begun: BatchIdentity;
}

/** Reads what `prepare` left. The plan is read and not made again, so that a newer version keeps a running batch's names. */
export async function readBatchFiles(store: Store, batchId: string): Promise<BatchFiles> {
  const places = batchPlaces(batchId);
  const [manifest, plan, begun] = await Promise.all([
    readBatchManifest(store, batchId),
    getJsonLines<PlannedOutput>(store, places.plan),
    getJson<BatchIdentity>(store, places.identity),
  ]);
  if (!plan || !begun) {
    throw new HummingbatchError(
      'store-corrupt',
      `The store ${store.location} has lost the plan of the batch ${batchId}.`,
    );
  }
  return { manifest, plan, begun };
}

export async function readBatchManifest(store: Store, batchId: string): Promise<Manifest> {
  const key = batchPlaces(batchId).manifest;
  const bytes = await store.get(key);
  if (!bytes) throw new HummingbatchError('store-corrupt', `The store ${store.location} has no ${key}.`);
  return parseStored(bytes, key);
}

/** Keeps how a person says that the batch is to be run. A retry, whoever starts it, is run in the same way. */
export async function keepOptions(
  store: Store,
  batchId: string,
  options: Partial<BatchOptions>,
): Promise<void> {
  const kept: RunOptions = Object.fromEntries(
    Object.entries(said(options)).filter(([name]) => (RUN_OPTIONS as readonly string[]).includes(name)),
  );
  await store.put(batchPlaces(batchId).options, toJson(kept));
}

/** As a person last said that the batch is to be run, its manifest beneath it, but for what whoever starts it now says. */
export async function optionsAsBefore(
  store: Store,
  manifest: Manifest,
  { batchId, options = {} }: Pick<ImageBatchInput, 'batchId' | 'options'>,
): Promise<Partial<BatchOptions>> {
  const kept = (await getJson<RunOptions>(store, batchPlaces(batchId).options)) ?? {};
  return { ...runOptionsFrom(manifest), ...kept, ...said(options) };
}

/** Other languages send null for what is left out. */
function said(options: Partial<BatchOptions>): Partial<BatchOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined && value !== null),
  );
}

export async function writePlan(store: Store, batchId: string, manifest: Manifest): Promise<PlannedOutput[]> {
  const places = batchPlaces(batchId);
  const known = await getJsonLines<PlannedOutput>(store, places.plan);
  if (known) return known;
  const plan = planOutputs(manifest);
  await store.put(places.plan, toJsonLines(plan));
  return plan;
}

/** Which outputs a round is for: those selected. Only the first round may have no selection: it is for all. */
export async function selectedOutputs(
  store: Store,
  batchId: string,
  round: number,
  plan: PlannedOutput[],
): Promise<PlannedOutput[]> {
  const place = batchPlaces(batchId).round(round).selection;
  const selection = await getJson<{ outputs: string[] }>(store, place);
  if (!selection && round > 1)
    throw new HummingbatchError('store-corrupt', `The store ${store.location} has lost ${place}.`);
  if (!selection) return plan;
  const wanted = new Set(selection.outputs);
  return plan.filter(({ output }) => wanted.has(output));
}
