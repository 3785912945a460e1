import { createHash } from 'node:crypto';
import { isChosen, makesAnew, nothingToRetry } from '../batch/choice.ts';
import type { ImageBatchInput, RetryChoice, RetrySelection } from '../contract/index.ts';
import { batchPlaces } from '../contract/places.ts';
import { toJson } from '../store/json.ts';
import { storedRecords } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { unknownBatch } from './near.ts';
import { lastRun } from './progress.ts';
import { optionsOf, readingManifests, type StartContext, startWorkflow } from './start.ts';
import { storedOptions } from './stored.ts';

/**
 * Goes on with a batch that is not running: one that ended gets a new run for the outputs chosen; one that broke off
 * without a report (its Temporal database was lost, it was terminated) is taken up where the store says it stood.
 *
 * @throws `batch-unknown`, or `wrong-state` where nothing is chosen
 */
export async function retryEnded(context: StartContext, batchId: string, choice: RetryChoice): Promise<void> {
  const { store } = context;
  const { manifest: uri, report } = batchPlaces(batchId);
  const bytes = await store.get(uri);
  if (!bytes) throw await unknownBatch(store, batchId);
  const { parseStored } = await readingManifests();
  const manifest = parseStored(bytes, uri);
  const input: ImageBatchInput = {
    batchId,
    manifest: { uri, sha256: createHash('sha256').update(bytes).digest('hex') },
    options: { ...context.options, ...optionsOf(manifest), ...(await storedOptions(store, batchId)) },
    ...((await store.head(report)) && { retry: await writeSelection(store, batchId, choice) }),
  };
  await startWorkflow(context, input, manifest, 'ALLOW_DUPLICATE');
}

/** Whether the run of now is this very retry, sent before: its records are still those from which it was made. */
export async function isRunningRetry(
  { client, store }: StartContext,
  batchId: string,
  choice: RetryChoice,
): Promise<boolean> {
  const run = await lastRun(client, batchId);
  const { id } = await select(store, batchId, choice);
  return run?.memo['retryId'] === id;
}

async function writeSelection(
  store: Store,
  batchId: string,
  choice: RetryChoice,
): Promise<NonNullable<ImageBatchInput['retry']>> {
  const { id, outputs } = await select(store, batchId, choice);
  if (outputs.length === 0) throw nothingToRetry(batchId, choice);
  const selection: RetrySelection = { outputs, anew: makesAnew(choice) };
  const uri = batchPlaces(batchId).retry(id);
  await store.put(uri, toJson(selection));
  return { id, uri };
}

/** A retry's id comes from what it selects and from the records it selects from: the same one sent twice is the same. */
async function select(
  store: Store,
  batchId: string,
  choice: RetryChoice,
): Promise<{ id: string; outputs: string[] }> {
  const hash = createHash('sha256');
  const outputs: string[] = [];
  for await (const record of storedRecords(store, batchId)) {
    hash.update(JSON.stringify([record.output, record.outcome, record.job]));
    if (isChosen(record, choice)) outputs.push(record.output);
  }
  return { id: hash.update(JSON.stringify(outputs)).digest('hex').slice(0, 12), outputs };
}
