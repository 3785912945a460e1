import { isAccepted } from '../contract/check.ts';
import type { BatchProgress, Report, RunOptions } from '../contract/index.ts';
import { LABELS } from '../contract/labels.ts';
import { batchPlaces } from '../contract/places.ts';
import { answer, type Infer, integer, list, optional, text } from '../contract/rules.ts';
import { MAX_OUTPUTS } from '../contract/words.ts';
import { getJson, toJson } from '../store/json.ts';
import type { Store } from '../store/store.ts';
import { readingManifests } from './reading-manifests.ts';

/**
 * The progress of a batch from the store alone: the last saved one, unless the report is newer; without both, that the
 * batch was started.
 */
export async function storedProgress(store: Store, batchId: string): Promise<BatchProgress | undefined> {
  const places = batchPlaces(batchId);
  const report = await getJson<Report>(store, places.report);
  const seen = await getJson<BatchProgress>(store, places.seen);
  // Progress of a run that began after the one with the report is that of a retry. Both times are Temporal's; the end is a worker's.
  if (seen && (!report || seen.startedAt > report.startedAt)) return seen;
  return report ? progressOfReport(report) : begunProgress(store, batchId);
}

/** Keeps where a batch stands, for {@link storedProgress}. */
export async function saveProgress(store: Store, progress: BatchProgress): Promise<void> {
  await store.put(batchPlaces(progress.batchId).seen, toJson(progress));
}

async function begunProgress(store: Store, batchId: string): Promise<BatchProgress | undefined> {
  const places = batchPlaces(batchId);
  const manifest = await readBegun(store, places.manifest);
  if (!manifest) return undefined;
  const { items, model, run } = manifest;
  const begun = await getJson<{ at: number }>(store, places.identity);
  const total = items.reduce((sum, { count }) => sum + count, 0);
  return {
    batchId,
    state: 'PREPARING',
    model,
    ...(run.labels && { labels: run.labels }),
    round: (await store.folders(places.rounds)).length,
    outputs: { total, image: 0, refused: 0, failed: 0, missing: 0 },
    jobs: [],
    costUsd: { estimated: 0, actual: 0 },
    startedAt: new Date(begun?.at ?? 0).toISOString(),
  };
}

/** The fields of a stored manifest that tell where a batch stands. */
const BEGUN = answer({
  model: text(() => true),
  items: list(answer({ count: integer(1, MAX_OUTPUTS) })),
  run: answer({ labels: optional(LABELS) }),
});

/** A list reads many, and checking all of one manifest of 32 MB takes more than a second. One without these is checked whole. */
async function readBegun(store: Store, key: string): Promise<Infer<typeof BEGUN> | undefined> {
  const bytes = await store.get(key);
  const manifest = bytes && parseJson(Buffer.from(bytes).toString());
  if (!bytes || isAccepted(BEGUN, manifest)) return manifest as Infer<typeof BEGUN> | undefined;
  const { parseStored } = await readingManifests();
  return parseStored(bytes, key);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever reads it whole says where it is damaged.
    return undefined;
  }
}

/** The fingerprint that the first `prepare` of a batch wrote; undefined before it. */
export async function readFingerprint(store: Store, batchId: string): Promise<string | undefined> {
  return (await getJson<{ fingerprint: string }>(store, batchPlaces(batchId).identity))?.fingerprint;
}

/**
 * How a batch ended, where the store alone can tell: it has this manifest and a report, and neither a round nor a retry has
 * begun since. Undefined: ask Temporal.
 */
export async function storedEnd(
  store: Store,
  batchId: string,
  fingerprint: string,
): Promise<BatchProgress | undefined> {
  const places = batchPlaces(batchId);
  const report = await getJson<Report>(store, places.report);
  const begun = await getJson<{ fingerprint: string }>(store, places.identity);
  if (!report || begun?.fingerprint !== fingerprint) return undefined;
  const rounds = (await store.folders(places.rounds)).map(Number);
  if (Math.max(0, ...rounds) !== (report.rounds.at(-1)?.round ?? 0)) return undefined;
  return (await hasUnbegunRetry(store, places.retries)) ? undefined : progressOfReport(report);
}

async function hasUnbegunRetry(store: Store, retries: string): Promise<boolean> {
  const keys = await store.list(retries);
  const isBegun = (key: string) =>
    key.endsWith('.round.json') || keys.includes(key.replace(/json$/, 'round.json'));
  return !keys.every(isBegun);
}

function progressOfReport({
  batchId,
  state,
  model,
  labels,
  rounds,
  outputs,
  jobs,
  costUsd,
  maxCostUsd,
  startedAt,
  endedAt,
}: Report): BatchProgress {
  const { difference: _, ...cost } = costUsd;
  const job = jobs.at(-1)?.name;
  return {
    batchId,
    state,
    model,
    ...(labels && { labels }),
    round: rounds.length,
    outputs,
    ...(job && { job }),
    jobs,
    costUsd: cost,
    ...(maxCostUsd !== undefined && { maxCostUsd }),
    startedAt,
    endedAt,
  };
}

/** The run options that an operator last set. */
export async function storedOptions(store: Store, batchId: string): Promise<RunOptions> {
  return (await getJson<RunOptions>(store, batchPlaces(batchId).options)) ?? {};
}

/** Ids of all batches in the store. */
export function storedBatches(store: Store): Promise<string[]> {
  return store.folders('batches/');
}
