import { createHash } from 'node:crypto';
import { selectOutputs } from '../batch/selector.ts';
import {
  BATCH_OPTIONS,
  check,
  HummingbatchError,
  type ImageBatchInput,
  type RetrySelector,
} from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { computeFingerprint } from '../manifest/canonical.ts';
import { runOptionsFrom } from '../manifest/run-options.ts';
import { computeSha256 } from '../manifest/sha256.ts';
import { storeBehind } from '../store/behind.ts';
import { toJson } from '../store/json.ts';
import { readRecords } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { isOfStore } from './behind.ts';
import { lastRun } from './last-run.ts';
import { unknownBatch } from './near.ts';
import { readingManifests } from './reading-manifests.ts';
import { type StartContext, startWorkflow } from './start.ts';
import { readFingerprint, storedOptions } from './stored.ts';

/** A retry as it is requested. */
export interface RetryCall {
  choice: RetrySelector;
  /** Names it, so that it happens once however often it is sent. */
  requestId?: string | undefined;
}

/**
 * Continues a batch that is not running. One that ended gets a new run for the selected outputs. One that has no report (its
 * Temporal database was lost, it was terminated) continues where the store says it stood. A repeated request does nothing.
 *
 * @throws `batch-unknown`, `wrong-state` where nothing is chosen, or `usage` where a stored option is not accepted
 */
export async function retryEnded(context: StartContext, batchId: string, asked: RetryCall): Promise<void> {
  const { store } = context;
  const places = batchPlaces(batchId);
  const { manifest: uri } = places;
  const bytes = await store.get(uri);
  if (!bytes) throw await noManifest(context, batchId);
  const { parseStored } = await readingManifests();
  const manifest = parseStored(bytes, uri);
  const hasEnded = (await store.head(places.report)) !== undefined;
  const options = check(BATCH_OPTIONS, {
    ...context.options,
    ...runOptionsFrom(manifest),
    ...(await storedOptions(store, batchId)),
  });
  const id = await deriveRetryId(store, batchId, asked);
  if (hasEnded && (await store.head(places.retryRound(id)))) return;
  const input: ImageBatchInput = {
    batchId,
    manifest: { uri, sha256: computeSha256(bytes) },
    options,
    ...(hasEnded && { retry: { id, uri: await writeSelection(store, batchId, id, asked) } }),
  };
  const fingerprint = (await readFingerprint(store, batchId)) ?? computeFingerprint(manifest);
  await startWorkflow(context, input, { manifest, fingerprint }, 'ALLOW_DUPLICATE');
}

/** A batch without its manifest: the store has lost it, or never had it. */
async function noManifest({ client, store }: StartContext, batchId: string): Promise<HummingbatchError> {
  const run = await lastRun(client, batchId);
  if (!run || !isOfStore(run, store)) return unknownBatch(store, batchId);
  const { code, message } = storeBehind(store, batchId, `it has no ${batchPlaces(batchId).manifest}`);
  return new HummingbatchError(code, message, {
    fix: 'Restore a newer copy of the store. Without one, start the batch with the same manifest and id: that puts its files back, and pays for nothing. Then retry.',
  });
}

/** Whether the running retry is this one, sent before: the records are still those that its id was derived from. */
export async function isRunningRetry(
  { client, store }: StartContext,
  batchId: string,
  asked: RetryCall,
): Promise<boolean> {
  const run = await lastRun(client, batchId);
  return run?.memo['retryId'] === (await deriveRetryId(store, batchId, asked));
}

/** Written once for each id, so that a second attempt to start the retry is for the same outputs. */
async function writeSelection(
  store: Store,
  batchId: string,
  id: string,
  { choice }: RetryCall,
): Promise<string> {
  const uri = batchPlaces(batchId).retry(id);
  if (!(await store.head(uri)))
    await store.putIfAbsent(uri, toJson(await selectOutputs(readRecords(store, batchId), choice, batchId)));
  return uri;
}

/**
 * A retry's id comes from its `requestId`, else from its selection and the present records: the same retry sent twice before the
 * next report has the same id.
 */
async function deriveRetryId(
  store: Store,
  batchId: string,
  { choice, requestId }: RetryCall,
): Promise<string> {
  const hash = createHash('sha256');
  if (requestId === undefined) {
    const { keys = [], outcomes = [], flags = [] } = choice;
    hash.update(JSON.stringify([keys, outcomes, flags]));
    for await (const { output, outcome, job } of readRecords(store, batchId))
      hash.update(JSON.stringify([output, outcome, job]));
  } else hash.update(`request ${requestId}`);
  return hash.digest('hex').slice(0, 12);
}
